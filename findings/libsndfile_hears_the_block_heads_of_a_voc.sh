#!/usr/bin/env bash
# soundfile takes the heads of a VOC's blocks for samples: clicks, and everything behind them is late.
#
# Seen on 2026-11-30 with soundfile 0.14.0 (libsndfile 1.2.2) and av 18.1.0 (FFmpeg in its wheel), Python 3.11.
#
# A Creative Voice File holds its sound in blocks; each further one begins with four bytes, its type and its size. SoX
# and FFmpeg write a block for each buffer of theirs (2048 and 1024 samples), as telephone exchanges that record VOC do.
# libsndfile reads the first block's head and takes all that follows for samples: of 16 bits, two of each head. The
# length is only 0.2 % too large, the sound has a click in every block, and no error is raised. VOCs that libsndfile
# writes itself have one block, so a round trip through it shows nothing.
#
# Output seen: 32000 samples, soundfile reads 32062, the first 1024 right; FFmpeg 32000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "soundfile==0.14.0" "av==18.1.0" "numpy==2.4.6"
cd "$folder"
venv/bin/python - <<'PYTHON'
import av
import numpy as np
import soundfile

SR, BLOCK = 16000, 1024
samples = np.rint(8000 * np.sin(2 * np.pi * 220.5 * np.arange(2 * SR) / SR)).astype(np.int16)
with av.open("tone.voc", "w", format="voc") as out:
    stream = out.add_stream("pcm_s16le", rate=SR, layout="mono")
    for start in range(0, len(samples), BLOCK):
        piece = np.ascontiguousarray(samples[np.newaxis, start : start + BLOCK])
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
        frame.sample_rate, frame.pts = SR, start
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))

read, _ = soundfile.read("tone.voc", dtype="int16")
with av.open("tone.voc") as file:
    by_ffmpeg = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
n_right = int(np.flatnonzero(read[: len(samples)] != samples)[0])
print(f"{len(samples)} samples, soundfile reads {len(read)}, the first {n_right} right; FFmpeg {len(by_ffmpeg)}")
n_further_blocks = -(-len(samples) // BLOCK) - 1
assert len(read) == len(samples) + 2 * n_further_blocks and n_right == BLOCK, "soundfile reads a VOC's blocks otherwise now"
assert np.array_equal(by_ffmpeg, samples), "FFmpeg reads a VOC otherwise now"
PYTHON
