import numpy as np
import pytest

from minser.explanation.mel_maps import MAPS, find_evidence
from minser.recipes import read
from minser.runs.build import build_model

from ..trained import SMALL, speak


def network(recipe, in_channels=1):
    model = build_model(recipe, in_channels=in_channels, n_classes=8)
    weight = model.params["logits.weight"]
    weight[...] = np.random.default_rng(0).standard_normal(weight.shape)
    return model


def test_the_picture_begins_where_the_voice_does():
    """A second of silence is trimmed; the network looks at the middle of what is left."""
    clip = np.concatenate([np.zeros(16000), speak(3)]).astype(np.float32)
    found = find_evidence(network(SMALL), SMALL.features, clip, 2, start_s=10)
    assert set(found.maps) == set(MAPS)
    assert 10.9 < found.start_s < 11.3
    n_frames = found.level_db.shape[1]
    seen = n_frames // 2 - 48, n_frames // 2 + 47  # 96 frames
    frame_s = found.hop_length / found.sr
    np.testing.assert_allclose((np.array(found.seen_s) - found.start_s) / frame_s, seen, atol=1.01)
    for values in found.maps.values():
        assert values.shape == found.level_db.shape == (16, n_frames)
        assert not values[:, : seen[0] - 1].any()
        assert not values[:, seen[1] + 2 :].any()
        assert values[:, seen[0] + 1 : seen[1]].any()


def test_a_short_clip_is_padded_for_the_network_and_not_in_the_picture():
    clip = speak(0.6)
    found = find_evidence(network(SMALL), SMALL.features, clip, 2)
    assert (
        found.level_db.shape[1] == found.maps["saliency"].shape[1] <= 43
    )  # 0.6 s in steps of 16 ms, one, and four of silence
    assert found.maps["saliency"].any(axis=0).mean() > 0.9


def test_bands_lie_at_their_frequencies():
    t = np.arange(32000) / 16000
    tone = np.sin(2 * np.pi * 1500 * t)
    found = find_evidence(network(SMALL), SMALL.features, tone, 0, maps=["saliency"])
    assert found.frequencies_hz[found.level_db.mean(axis=1).argmax()] == pytest.approx(1500, rel=0.2)
    assert found.has_frequencies


@pytest.mark.parametrize("colour_map", ["", "viridis"])
def test_a_picture_is_stretched_back(colour_map):
    recipe = SMALL.replace(
        {
            "features.channels": ["image"],
            "features.image_size": 32,
            "features.n_frames": 32,
            "features.colour_map": colour_map,
            "features.random_crop": False,
        }
    )
    clip = speak(2)
    found = find_evidence(network(recipe, 3 if colour_map else 1), recipe.features, clip, 0)
    assert found.maps["Grad-CAM"].shape == found.level_db.shape
    length_s = (found.level_db.shape[1] - 1) * found.hop_length / found.sr
    np.testing.assert_allclose(found.seen_s, (found.start_s, found.start_s + length_s))
    assert found.has_frequencies


def test_cepstra_have_moments_and_no_frequencies():
    recipe = read("toy").replace(
        {"features.channels": ["log_mel", "mfcc+chroma+contrast"], "features.n_mels": 32, "model.channels": [4, 8]}
    )
    found = find_evidence(network(recipe, 2), recipe.features, speak(2), 0)
    assert not found.has_frequencies
    for values in found.maps.values():
        np.testing.assert_allclose(values, np.broadcast_to(values[:1], values.shape), atol=1e-12)
        assert np.ptp(values[0]) > 0


def test_unknown_maps_are_refused():
    with pytest.raises(ValueError, match="maps: expected some of saliency, Grad-CAM, occlusion, got 'lime'"):
        find_evidence(network(SMALL), SMALL.features, speak(1), 0, maps=["lime"])
