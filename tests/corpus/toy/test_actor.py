from minser.corpus.toy.voice import draw_actor


def test_odd_actors_are_men():
    actors = [draw_actor(number) for number in range(1, 25)]
    assert max(a.pitch_hz for a in actors[::2]) < min(a.pitch_hz for a in actors[1::2])
    assert max(a.tract_scale for a in actors[::2]) < min(a.tract_scale for a in actors[1::2])
    assert len(set(actors)) == 24
    assert draw_actor(1, seed=1) != draw_actor(1)
