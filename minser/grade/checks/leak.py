"""Questions of assignment 10: who and what is in both parts, and an experiment mended."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from minser.grade.questions import Case, Fault, Question, generator


def _voices(rng: np.random.Generator, n_speakers: int, n_clips: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the numbers of some speakers, and who speaks in each clip: everybody in three clips at least."""
    names = rng.permutation(60)[:n_speakers]
    return names, rng.permutation(np.append(np.repeat(names, 3), rng.choice(names, n_clips - 3 * n_speakers)))


def _shared_case(rng: np.random.Generator, n_shared: int) -> Case:
    """Draw two parts, with repeated clips, that share some speakers."""
    names, speakers = _voices(rng, 9, 45)
    later = np.array([np.sum(speakers[:i] == who) for i, who in enumerate(speakers)]) > 1
    train = np.flatnonzero(np.isin(speakers, names[:5]) & later)
    test = np.flatnonzero(np.isin(speakers, names[5 - n_shared :]) & ~(later & np.isin(speakers, names[:5])))
    if n_shared > 2:  # a clip of one of them is in both parts
        train = np.append(train, rng.choice(test[speakers[test] == names[4]]))
    train, test = (rng.permutation(np.append(part, rng.choice(part, 4))) for part in (train, test))
    return {"speakers": speakers, "train": train, "test": test}


def _copies_case(rng: np.random.Generator, steps: int, n_train: int) -> Case:
    """Draw clips in steps of 1 / 64, and changed copies: within the tolerance, at its end, and beyond."""
    train = rng.integers(0, 640, (n_train, 5))
    train[1] = train[0]
    signs = rng.choice([-1, 1], 5)
    rows = [
        (0, np.zeros(5)),
        (2, signs * steps),  # the distance is larger, each change is not
        (3, signs * [1, 0, 0, 0, 0] * steps),
        (4, signs * [0, 1, 1, 0, 0] * (3 * steps // 5)),  # the sum of the changes is larger
        (5, signs * [0, 0, 1, 0, 0] * (steps + 1)),  # the mean change is smaller
        (6, np.array([0, 0, 0, -300, 0])),
        (7, np.array([0, 0, 300, 0, 0])),
        (8, rng.integers(100, 200, 5)),
    ]
    mixed = np.where(np.arange(5) < 2, train[3], train[4])  # each feature is that of a training clip
    test = np.array([mixed, *(train[i] + change for i, change in rows)])
    return {"train": train / 64, "test": rng.permutation(test) / 64, "tolerance": steps / 64}


def _record_case(rng: np.random.Generator, learned: str, scaling: str, choice: str) -> Case:
    """Draw an experiment, whose steps have used what the words say."""
    names, speakers = _voices(rng, 8, 40)
    clips = rng.permutation(40)
    train, val, asked = (clips[np.isin(speakers[clips], part)] for part in np.split(names, [4, 6]))
    spare, test = asked[:2], asked[2:]  # speakers of the test part say more than is asked
    known = np.append(train, val)
    some = {"known": known, "train": train, "val": val, "spare": np.append(val, spare), "none": test[:0]}
    some |= {"few": np.append(val, test[:2]), "all": clips, "test": test}
    train = np.concatenate([train, train[:3], {"own": test[:0], "spare": spare, "test": test[:2]}[learned]])
    record = {"train": train, "scaling": some[scaling], "choice": some[choice], "test": test}
    return {"record": {step: rng.permutation(used) for step, used in record.items()}, "speakers": speakers}


def _split_case(rng: np.random.Generator, n_speakers: int, n_test: int, n_val: int) -> Case:
    """Draw who speaks in each clip."""
    _, speakers = _voices(rng, n_speakers, 5 * n_speakers)
    return {"speakers": speakers, "n_test": n_test, "n_val": n_val, "rng": generator(rng)}


def _oversampling_case(rng: np.random.Generator, trained: tuple[int, ...], kept: tuple[int, ...]) -> Case:
    """Draw training clips, and others, so many of each class; the largest class is not the same in both."""
    classes = np.arange(len(trained))
    labels = np.append(np.repeat(classes, trained), np.repeat(classes, kept))
    place = rng.permutation(len(labels))
    shuffled = np.empty_like(labels)
    shuffled[place] = labels
    return {"labels": shuffled, "train": rng.permutation(place[: sum(trained)]), "rng": generator(rng)}


def _folds_case(rng: np.random.Generator, sizes: tuple[int, ...], constant: int) -> Case:
    """Draw features and folds of different size; without one of them, a feature is constant."""
    numbers = rng.permutation(20)[: len(sizes)]
    folds = rng.permutation(np.repeat(numbers, sizes))
    x = (rng.normal(3, 2, (len(folds), 4)) + 3 * rng.standard_normal(len(folds))[:, None]) * [0.05, 1, 2, 5]
    x[folds != numbers[constant], 2] = 2.5
    return {"x": x, "folds": folds}


def _selection_case(rng: np.random.Generator, n_folds: int, n_settings: int) -> Case:
    """Draw scores; in each fold two settings are the best on validation."""
    val = rng.integers(8, 25, (n_folds, n_settings)) / 32
    for row in val:
        row[rng.permutation(n_settings)[:2]] = rng.integers(25, 32) / 32
    return {"val_scores": val, "test_scores": rng.uniform(0.3, 0.9, (n_folds, n_settings))}


QUESTIONS = (
    Question(
        "shared_speakers",
        2,
        tuple(partial(_shared_case, n_shared=n) for n in (3, 1, 0)),
        (
            Fault(
                "these are clips; the speakers who speak in both parts are asked for",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.intersect1d(train, test)",
            ),
            Fault(
                "a speaker is named for each clip: each once is asked for",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.sort(speakers[test][np.isin(speakers[test], speakers[train])])",
            ),
            Fault(
                "this is a mask; the speakers are asked for",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.isin(speakers[test], speakers[train])",
            ),
            Fault(
                "only speakers of clips that are in both parts are named: another clip is enough",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.unique(speakers[np.intersect1d(train, test)])",
            ),
            Fault(
                "these are the clips of the speakers; the speakers are asked for",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.flatnonzero(np.isin(speakers, np.intersect1d(speakers[train], speakers[test])))",
            ),
            Fault("these are the speakers of either part; those of both are asked for", "np.intersect1d", "np.union1d"),
            Fault(
                "the speakers are not in rising order",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.array([who for who in dict.fromkeys(speakers[test]) if who in speakers[train]], int)",
            ),
            Fault(
                "these are the speakers who are in the test part alone",
                "np.intersect1d(speakers[train], speakers[test])",
                "np.setdiff1d(speakers[test], speakers[train])",
            ),
            Fault(
                "this is how many there are; the speakers are asked for",
                "np.intersect1d(speakers[train], speakers[test])",
                "len(np.intersect1d(speakers[train], speakers[test]))",
            ),
        ),
    ),
    Question(
        "copies",
        3,
        tuple(partial(_copies_case, steps=steps, n_train=n) for steps, n in ((20, 12), (5, 9), (0, 15))),
        (
            Fault(
                "only clips that are the same to the last digit are found: use the tolerance",
                "changes.min(axis=1) <= tolerance",
                "changes.min(axis=1) == 0",
            ),
            Fault("a difference of exactly the tolerance still counts as a copy", "<= tolerance", "< tolerance"),
            Fault(
                "the sign of the difference counts: take its size",
                "np.abs(test[:, None] - train)",
                "(test[:, None] - train)",
            ),
            Fault(
                "these are rows of the training part; those of the test part are asked for",
                "changes.min(axis=1)",
                "changes.min(axis=0)",
            ),
            Fault(
                "the distance is compared with the tolerance; each feature's difference is asked for",
                "np.abs(test[:, None] - train).max(axis=2)",
                "np.linalg.norm(test[:, None] - train, axis=2)",
            ),
            Fault(
                "the mean difference is compared with the tolerance: each feature has to be within it",
                ".max(axis=2)",
                ".mean(axis=2)",
            ),
            Fault("one feature that agrees is enough: each has to", ".max(axis=2)", ".min(axis=2)"),
            Fault(
                "the sum of the differences is compared with the tolerance; each by itself is asked for",
                ".max(axis=2)",
                ".sum(axis=2)",
            ),
            Fault(
                "each feature is that of some training clip: one clip has to agree in all of them",
                "np.abs(test[:, None] - train).max(axis=2)",
                "np.abs(test[:, None] - train).min(axis=1).max(axis=1, keepdims=True)",
            ),
            Fault(
                "a row is named for each of its copies: each once is asked for",
                "np.flatnonzero(changes.min(axis=1) <= tolerance)",
                "np.nonzero(changes <= tolerance)[0]",
            ),
            Fault(
                "this is a mask; indices are asked for",
                "np.flatnonzero(changes.min(axis=1) <= tolerance)",
                "changes.min(axis=1) <= tolerance",
            ),
            Fault("the clips that are no copies are returned", "<= tolerance", "> tolerance"),
        ),
    ),
    Question(
        "leaks",
        3,
        tuple(
            partial(_record_case, learned=learned, scaling=scaling, choice=choice)
            for learned, scaling, choice in (
                ("own", "known", "val"),  # none, though a clip is learned from twice
                ("spare", "train", "spare"),
                ("test", "known", "known"),
                ("own", "few", "val"),
                ("own", "train", "few"),
                ("test", "all", "test"),
                ("own", "none", "none"),
                ("own", "spare", "spare"),
            )
        ),
        (
            Fault(
                "clips that are in training twice are taken for copies: they leak if they are in the test part too",
                'return {"speakers"',
                'found["copies"] = len(set(record["train"])) < len(record["train"])\n    return {"speakers"',
            ),
            Fault(
                "a leak is found only if all test clips are seen: one is enough",
                "np.isin(record[step], test).any()",
                "np.isin(test, record[step]).all()",
            ),
            Fault(
                "measuring on clips that are not learned from is taken for a leak: validation clips may be measured on",
                'return {"speakers"',
                'found["scaling"] = not set(record["scaling"]) <= set(record["train"])\n    return {"speakers"',
            ),
            Fault(
                "shared speakers are not told where there are copies: the four are independent",
                'bool(np.isin(speakers[record["train"]], speakers[test]).any())',
                'bool(np.isin(speakers[record["train"]], speakers[test]).any()) and not found["copies"]',
            ),
            Fault(
                "clips are compared; for shared speakers compare who speaks",
                'np.isin(speakers[record["train"]], speakers[test])',
                'np.isin(record["train"], test)',
            ),
            Fault(
                "speakers are compared in each step; but for shared speakers, clips count",
                "np.isin(record[step], test)",
                "np.isin(speakers[record[step]], speakers[test])",
            ),
            Fault(
                "speakers of the clips that choose are counted: shared speakers are those of training and test",
                'speakers[record["train"]]',
                'speakers[np.append(record["train"], record["choice"])]',
            ),
            Fault(
                "scaling leaks with any test clip, not just if it is measured on all clips",
                'return {"speakers"',
                'found["scaling"] = len(set(record["scaling"])) == len(speakers)\n    return {"speakers"',
            ),
            Fault(
                "the choice leaks with any test clip, not just if it is made on the whole test part",
                'return {"speakers"',
                'found["choice"] = set(record["choice"]) == set(test)\n    return {"speakers"',
            ),
            Fault(
                "only the first clip of a step is looked at: any of them may leak",
                "np.isin(record[step], test)",
                "np.isin(record[step][:1], test)",
            ),
            Fault(
                "True stands for a leak, not for its absence",
                'return {"speakers": bool(np.isin(speakers[record["train"]], speakers[test]).any()), **found}',
                'found["speakers"] = bool(np.isin(speakers[record["train"]], speakers[test]).any())\n'
                "    return {leak: not there for leak, there in found.items()}",
            ),
            Fault(
                "these are numbers of clips; True or False is asked for",
                "bool(np.isin(record[step], test).any())",
                "int(np.isin(record[step], test).sum())",
            ),
        ),
    ),
    Question(
        "mended_split",
        3,
        tuple(
            partial(_split_case, n_speakers=n, n_test=n_test, n_val=n_val)
            for n, n_test, n_val in ((9, 2, 3), (8, 3, 2), (10, 4, 0))
        ),
        (
            Fault(
                "clips are drawn, not speakers: a speaker is in several parts",
                "order = rng.permutation(np.unique(speakers))\n"
                "    parts = order[n_test + n_val :], order[n_test : n_test + n_val], order[:n_test]\n"
                "    return tuple(np.flatnonzero(np.isin(speakers, part)) for part in parts)",
                "order = rng.permutation(len(speakers))\n"
                "    parts = order[n_test + n_val :], order[n_test : n_test + n_val], order[:n_test]\n"
                "    return tuple(np.sort(part) for part in parts)",
            ),
            Fault(
                "the validation part ends at place n_val of the order: it ends at n_test + n_val",
                "order[n_test : n_test + n_val]",
                "order[n_test:n_val]",
            ),
            Fault(
                "the first speakers of the order are the validation part's: the test part comes first",
                "order[n_test : n_test + n_val], order[:n_test]",
                "order[:n_val], order[n_val : n_test + n_val]",
            ),
            Fault(
                "the parts are returned in another order: training, validation, test",
                "for part in parts)",
                "for part in parts[::-1])",
            ),
            Fault(
                "each clip puts its speaker into the order: bring the different speakers into an order",
                "rng.permutation(np.unique(speakers))",
                "rng.permutation(speakers)",
            ),
            Fault(
                "speakers are numbered 0, 1, 2 here; they have any numbers",
                "rng.permutation(np.unique(speakers))",
                "rng.permutation(len(np.unique(speakers)))",
            ),
            Fault(
                "the test part is taken from the end of the order: its first speakers are asked for",
                "parts = order",
                "order = order[::-1]\n    parts = order",
            ),
            Fault(
                "the validation clips are in training as well",
                "order[n_test + n_val :], order[n_test",
                "order[n_test:], order[n_test",
            ),
            Fault(
                "the test clips are in validation as well: its speakers are the next n_val",
                "order[n_test : n_test + n_val]",
                "order[:n_val]",
            ),
            Fault(
                "these are masks; indices are asked for",
                "np.flatnonzero(np.isin(speakers, part))",
                "np.isin(speakers, part)",
            ),
            Fault(
                "these are the speakers; the indices of clips are asked for",
                "np.flatnonzero(np.isin(speakers, part))",
                "np.sort(part)",
            ),
            Fault(
                "the speakers are put in order as they first speak: begin with their rising order",
                "np.unique(speakers)",
                "list(dict.fromkeys(speakers))",
            ),
            Fault(
                "the speakers stay in rising order: bring them into another one by rng.permutation",
                "rng.permutation(np.unique(speakers))",
                "np.unique(speakers)",
            ),
            Fault(
                "each part is drawn by itself: bring the speakers into an order by one call of rng.permutation",
                "order = rng.permutation(np.unique(speakers))",
                "order = rng.choice(np.unique(speakers), n_test, replace=False)\n"
                "    order = np.append(order, rng.permutation(np.setdiff1d(speakers, order)))",
            ),
            Fault(
                "the clips come speaker by speaker; rising indices are asked for",
                "np.flatnonzero(np.isin(speakers, part))",
                "np.concatenate([np.zeros(0, int), *(np.flatnonzero(speakers == who) for who in part)])",
            ),
        ),
    ),
    Question(
        "mended_oversampling",
        3,
        tuple(
            partial(_oversampling_case, trained=trained, kept=kept)
            for trained, kept in (
                ((4, 9, 2, 5), (3, 2, 12, 4)),
                ((3, 0, 7, 3, 6), (2, 6, 1, 9, 4)),  # a class that only others have
            )
        ),
        (
            Fault(
                "copies are drawn from all clips of a class, those of other parts too: that is the leak",
                "rng.choice(own, largest - len(own)) for own in classes]",
                "rng.choice(np.flatnonzero(labels == labels[own[0]]), largest - len(own)) for own in classes]",
            ),
            Fault(
                "every class gets as many copies as the largest has clips: draw only what is missing",
                "rng.choice(own, largest - len(own))",
                "rng.choice(own, largest)",
            ),
            Fault(
                "places in `train` are drawn; the clips' own numbers are asked for",
                "rng.choice(own, largest - len(own)) for own in classes]",
                "rng.choice(np.flatnonzero(np.isin(train, own)), largest - len(own)) for own in classes]",
            ),
            Fault(
                "the copies alone are returned: `train` comes first",
                "np.concatenate([train, *drawn])",
                "np.concatenate(drawn)",
            ),
            Fault(
                "the largest class of all clips is the goal; that of the training part is asked for",
                "max(len(own) for own in classes)",
                "np.bincount(labels).max()",
            ),
            Fault(
                "a class's clips are put in rising order; draw from them in the order of `train`",
                "[train[labels[train] == label]",
                "[np.sort(train[labels[train] == label])",
            ),
            Fault(
                "no clip is drawn twice: rng.choice draws with replacement unless told otherwise",
                "largest - len(own))",
                "min(len(own), largest - len(own)), replace=False)",
            ),
            Fault(
                "copies are made in turn; they are drawn by rng.choice",
                "rng.choice(own, largest - len(own))",
                "np.resize(own, largest - len(own))",
            ),
            Fault(
                "the largest class is cut down to the smallest; fill up the others",
                "drawn = [rng.choice(own, largest - len(own)) for own in classes]\n"
                "    return np.concatenate([train, *drawn])",
                "smallest = min(len(own) for own in classes)\n"
                "    return np.concatenate([rng.choice(own, smallest, replace=False) for own in classes])",
            ),
            Fault(
                "the answer is sorted; it is `train` as it is, then the copies in the order of drawing",
                "np.concatenate([train, *drawn])",
                "np.sort(np.concatenate([train, *drawn]))",
            ),
            Fault(
                "all clips of all parts are filled up; only training clips are asked for",
                "classes = [train[labels[train] == label] for label in np.unique(labels[train])]",
                "train = np.arange(len(labels))\n"
                "    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]",
            ),
            Fault(
                "the classes come in the order of `train`; the order of their numbers is asked for",
                "np.unique(labels[train])]",
                "dict.fromkeys(labels[train])]",
            ),
            Fault(
                "each class is drawn anew, its own clips are lost: `train` stays as it is",
                "drawn = [rng.choice(own, largest - len(own)) for own in classes]\n"
                "    return np.concatenate([train, *drawn])",
                "return np.concatenate([rng.choice(own, largest) for own in classes])",
            ),
        ),
    ),
    Question(
        "mended_standardise",
        3,
        tuple(
            partial(_folds_case, sizes=sizes, constant=constant)
            for sizes, constant in (((7, 3, 5), 0), ((4, 6), 1), ((2, 5, 3, 4), 2))
        ),
        (
            Fault(
                "mean and deviation are those of all clips: the fold itself leaks into them",
                "others = x[folds != fold]",
                "others = x",
            ),
            Fault(
                "mean and deviation are those of the fold itself; they have to be of the others",
                "x[folds != fold]",
                "x[folds == fold]",
            ),
            Fault(
                "a feature that is constant in the other folds is divided by 0: divide it by 1",
                "np.where(spread > 0, spread, 1)",
                "spread",
            ),
            Fault(
                "the variance divides by the number of clips - 1; here it divides by their number",
                "others.std(axis=0)",
                "others.std(axis=0, ddof=1 if len(others) > 1 else 0)",
            ),
            Fault(
                "only the clips of the fold are scaled; all are asked for",
                "versions.append((x - others.mean(axis=0))",
                "versions.append((folds == fold)[:, None] * (x - others.mean(axis=0))",
            ),
            Fault(
                "the mean of the folds' means is taken: each clip has the same weight",
                "x - others.mean(axis=0)",
                "x - np.mean([x[folds == one].mean(axis=0) for one in np.unique(folds) if one != fold], axis=0)",
            ),
            Fault(
                "each clip is scaled once, without its own fold; all clips for each fold are asked for",
                "return np.array(versions)",
                "return np.array(versions)[np.searchsorted(np.unique(folds), folds), np.arange(len(x))]",
            ),
            Fault(
                "one mean and deviation are used for all features: each has its own",
                "spread = others.std(axis=0)\n        versions.append((x - others.mean(axis=0))",
                "spread = others.std()\n        versions.append((x - others.mean())",
            ),
            Fault(
                "the division is by the variance; the standard deviation is right",
                "others.std(axis=0)",
                "others.var(axis=0)",
            ),
            Fault(
                "a feature that is constant in the other folds becomes 0: divide it by 1",
                "np.where(spread > 0, spread, 1)",
                "np.where(spread > 0, spread, np.inf)",
            ),
            Fault(
                "each deviation below 1 counts as 1: only one of 0 does",
                "np.where(spread > 0, spread, 1)",
                "np.maximum(spread, 1)",
            ),
            Fault(
                "a small number is added to the deviation: divide a constant feature by 1, others by their deviation",
                "np.where(spread > 0, spread, 1)",
                "(spread + 1e-8)",
            ),
            Fault(
                "the folds come in the order of the clips; their numbers are to rise",
                "np.unique(folds)",
                "dict.fromkeys(folds)",
            ),
            Fault("the mean is not subtracted", "(x - others.mean(axis=0))", "x"),
        ),
    ),
    Question(
        "mended_selection",
        2,
        tuple(partial(_selection_case, n_folds=n, n_settings=settings) for n, settings in ((5, 8), (3, 6), (4, 4))),
        (
            Fault(
                "the test part chooses: that is the leak",
                "np.argmax(val_scores, axis=1)",
                "np.argmax(test_scores, axis=1)",
            ),
            Fault(
                "the score is that of validation; the test part's is asked for",
                "np.mean(test_scores[",
                "np.mean(val_scores[",
            ),
            Fault(
                "each fold's score is averaged over all folds' choices: test_scores[:, chosen] takes every pair",
                "test_scores[np.arange(len(chosen)), chosen]",
                "test_scores[:, chosen]",
            ),
            Fault(
                "one setting is chosen for all folds: each fold has its own",
                "np.argmax(val_scores, axis=1)",
                "np.full(len(val_scores), np.argmax(val_scores.mean(axis=0)))",
            ),
            Fault(
                "of equal scores the last is chosen; the first is asked for",
                "np.argmax(val_scores, axis=1)",
                "val_scores.shape[1] - 1 - np.argmax(val_scores[:, ::-1], axis=1)",
            ),
            Fault(
                "the best test score of each fold is reported; that of the chosen setting is asked for",
                "test_scores[np.arange(len(chosen)), chosen]",
                "test_scores.max(axis=1)",
            ),
            Fault(
                "of equal scores the test part chooses one: the first is asked for",
                "np.argmax(val_scores, axis=1)",
                "np.argmax(val_scores + 1e-6 * test_scores, axis=1)",
            ),
            Fault(
                "settings are counted from 1; they are counted from 0",
                "return chosen, float",
                "return chosen + 1, float",
            ),
            Fault(
                "the setting with the lowest score is chosen; more is better",
                "np.argmax(val_scores, axis=1)",
                "np.argmin(val_scores, axis=1)",
            ),
            Fault(
                "the wrong axis: the best fold of each setting is chosen",
                "np.argmax(val_scores, axis=1)\n"
                "    return chosen, float(np.mean(test_scores[np.arange(len(chosen)), chosen]))",
                "np.argmax(val_scores, axis=0)\n"
                "    return chosen, float(np.mean(test_scores[chosen, np.arange(len(chosen))]))",
            ),
            Fault(
                "the scores of the folds are returned; their mean is asked for",
                "float(np.mean(test_scores[np.arange(len(chosen)), chosen]))",
                "test_scores[np.arange(len(chosen)), chosen]",
            ),
            Fault(
                "the best fold's score is reported; the mean over the folds is asked for",
                "np.mean(test_scores",
                "np.max(test_scores",
            ),
        ),
    ),
)
