"""What ``minser.predict`` does, with librosa and torch: ``python -P torch_predict.py SETTINGS WEIGHTS FILE``.

Comes in: the recipe's numbers (JSON), weights in torch's names and shapes (.npz), a sound file. Goes out: a line of
JSON with a probability for each class. A script of its own, as somebody would write it who has both libraries; started
by ``start``, which compares its answer with minser's.
"""

import json
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Load, trim, compute a log-mel spectrogram, pad or cut, ask the network, print."""
    import librosa
    import numpy as np
    import torch
    from scipy.ndimage import uniform_filter1d
    from torch import nn

    settings = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    weights = {name: torch.from_numpy(array) for name, array in np.load(argv[1]).items()}

    waveform, sr = librosa.load(argv[2], sr=settings["sr"])
    waveform = waveform - waveform.mean()
    waveform = waveform / np.abs(waveform).max()
    followed = np.pad(waveform, (0, 2048))  # what is as slow as a frame is not heard, nor how a clip ends
    followed = followed - uniform_filter1d(followed, 2048)
    _, (start, end) = librosa.effects.trim(followed, top_db=settings["trim_top_db"])
    n_after = max(0, end - len(waveform))
    waveform = waveform[start:end] - waveform[start:end].mean()
    waveform = np.pad(waveform / np.abs(waveform).max(), (0, n_after))
    mel = librosa.feature.melspectrogram(
        y=waveform,
        sr=sr,
        n_fft=settings["n_fft"],
        hop_length=settings["hop_length"],
        n_mels=settings["n_mels"],
    )
    log_mel = librosa.power_to_db(mel, ref=np.max, top_db=settings["top_db"])
    log_mel = (log_mel - log_mel.mean()) / log_mel.std()
    slack = abs(settings["n_frames"] - log_mel.shape[1])
    before = (slack + 1) // 2
    if log_mel.shape[1] < settings["n_frames"]:
        log_mel = np.pad(log_mel, ((0, 0), (before, slack - before)), constant_values=log_mel.min())
    else:
        log_mel = log_mel[:, before:][:, : settings["n_frames"]]

    network = nn.Sequential()
    in_channels = 1
    for i, channels in enumerate(settings["channels"], 1):
        network.add_module(f"conv{i}", nn.Conv2d(in_channels, channels, 3, padding=1))
        network.add_module(f"norm{i}", nn.BatchNorm2d(channels))
        network.add_module(f"relu{i}", nn.ReLU())
        network.add_module(f"pool{i}", nn.MaxPool2d((settings["pool_bins"], settings["pool_frames"])))
        in_channels = channels
    network.add_module("pooling", nn.AdaptiveAvgPool2d(1))
    network.add_module("flat", nn.Flatten())
    network.add_module("hidden", nn.Linear(in_channels, settings["hidden"]))
    network.add_module("relu_hidden", nn.ReLU())
    network.add_module("logits", nn.Linear(settings["hidden"], settings["n_classes"]))
    network.load_state_dict(weights, strict=False)
    network.eval()
    with torch.inference_mode():
        probs = torch.softmax(network(torch.from_numpy(log_mel.astype(np.float32))[None, None]), dim=1)[0]
    print(json.dumps(probs.tolist()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
