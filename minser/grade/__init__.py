"""The grader of the assignments: ``python -m minser.grade``.

Comes in: a submission, which nobody trusts. Goes out: points and one hint a question. ``child`` runs the student's code
in ``jail``, ``compare`` and ``marking`` judge its answers out here, ``classroom`` says whose they are.
"""
