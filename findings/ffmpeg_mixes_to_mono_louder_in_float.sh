#!/usr/bin/env bash
# FFmpeg's stereo to mono is 3 dB louder, and may exceed full scale, where the output is float instead of 16 bits.
#
# Seen on 2026-12-01 with av 14.0.1 (libswresample 5) and av 18.1.0 (libswresample 6), Python 3.11.
#
# Who asks FFmpeg for one channel gets 0.5 L + 0.5 R as 16-bit integers, and 0.707 L + 0.707 R as float, whatever the
# file holds: the matrix is scaled down only if integers could overflow, and the format of the output decides. So the
# same clip comes 3 dB louder from a loader that asks for float than from one that asks for 16 bits; and a stereo file
# with the same loud voice in both channels comes out at 1.41 of full scale, which clips as soon as it is stored. A
# silence threshold in dB moves by 3 dB, and so does half of a corpus of which each half was converted another way. The
# mean of both channels, as librosa and minser mean by mono, is the first. Mono files are not touched, so a test with
# one shows nothing.
#
# Output seen, a peak of 0.8 in both channels:
#   av 14.0.1: s16 to s16 0.800, s16 to flt 1.131, fltp to s16 0.800, fltp to flt 1.131
#   av 18.1.0: s16 to s16 0.800, s16 to flt 1.131, fltp to s16 0.800, fltp to flt 1.131
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > mono.py <<'PYTHON'
import av
import numpy as np

SR = 16000
tone = (0.8 * np.sin(2 * np.pi * 220 * np.arange(SR) / SR)).astype(np.float32)
planes = np.stack([tone, tone])
peaks = {}
for source in ("s16", "fltp"):
    for target in ("s16", "flt"):
        samples = planes if source == "fltp" else np.rint(32767 * planes).astype(np.int16).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format=source, layout="stereo")
        frame.sample_rate = SR
        to_mono = av.AudioResampler(format=target, layout="mono", rate=SR)
        mono = np.concatenate([part.to_ndarray()[0] for part in to_mono.resample(frame)])
        peaks[f"{source} to {target}"] = float(mono.max()) / (32767 if target == "s16" else 1)
print(f"av {av.__version__}: " + ", ".join(f"{way} {peak:.3f}" for way, peak in peaks.items()))
for way, peak in peaks.items():
    expected = 0.8 if way.endswith("s16") else 0.8 * 2**0.5
    assert abs(peak - expected) < 1e-3, "FFmpeg mixes otherwise now"
PYTHON
for release in 14.0.1 18.1.0; do
  python3 -m venv "$release"
  "$release/bin/python" -m pip install --quiet "av==$release" "numpy==2.4.6"
  "$release/bin/python" mono.py
done
