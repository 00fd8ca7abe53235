#!/usr/bin/env bash
# soundfile reads the first link of a chained OGG, names its length as the file's, and says nothing of the rest.
#
# Seen on 2026-11-30 with soundfile 0.14.0 (libsndfile 1.2.2), av 18.1.0 (FFmpeg in its wheel),
# Python 3.11.
#
# An OGG may be a chain: one logical stream behind the other (RFC 3533, section 4), each with its own headers. Radio
# stations write a link for each programme, recorders one after each pause, and joining two files with `cat` makes a
# valid chain. libsndfile stops at the end of the first link, with Vorbis and with Opus. `SoundFile.frames`, `info` and
# `read` agree on the first link's length, so no check of announced against read samples notices it. FFmpeg reads on.
#
# Output seen, for a chain of 2 s and 3 s:
#   VORBIS: soundfile announces 2.00 s and reads 2.00 s, FFmpeg reads 5.01 s
#   OPUS: soundfile announces 2.00 s and reads 2.00 s, FFmpeg reads 5.00 s
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

SR = 48000
for codec in ("VORBIS", "OPUS"):
    chain = b""
    for seconds in (2, 3):
        tone = 0.3 * np.sin(2 * np.pi * 110 * seconds * np.arange(seconds * SR) / SR)
        soundfile.write("link.ogg", tone, SR, format="OGG", subtype=codec)
        with open("link.ogg", "rb") as link:
            chain += link.read()
    with open("chain.ogg", "wb") as file:
        file.write(chain)
    announced = soundfile.info("chain.ogg").frames / SR
    read = len(soundfile.read("chain.ogg")[0]) / SR
    with av.open("chain.ogg") as file:
        by_ffmpeg = sum(frame.samples for frame in file.decode(audio=0)) / SR
    print(f"{codec}: soundfile announces {announced:.2f} s and reads {read:.2f} s, FFmpeg reads {by_ffmpeg:.2f} s")
    assert abs(announced - 2) < 0.05 and abs(read - 2) < 0.05, "soundfile reads the whole chain now"
    assert abs(by_ffmpeg - 5) < 0.05, "FFmpeg no longer reads the whole chain"
PYTHON
