#!/usr/bin/env bash
# FFmpeg 8 reads the IMA ADPCM that FFmpeg writes, its own too, with twenty decibels more noise than FFmpeg 7 did.
#
# Seen on 2026-11-30 with av 14.0.1 (libavcodec 61), av 18.1.0 (libavcodec 62) and soundfile 0.14.0 (libsndfile 1.2.2),
# Python 3.11.
#
# IMA ADPCM in WAV (format tag 0x11; telephone recorders, old corpora) turns each nibble into a step. There are two
# formulas: shift and add, each shift rounded down, as the standard says and libsndfile does; or multiply once and round
# once, as FFmpeg did. FFmpeg's reader changed to the first one between libavcodec 61 and 62; its writer still counts on
# the second. In loud sound the two hardly differ. In sound that is as quiet as many recordings of speech the steps are
# small, rounding is all of them, and each sample depends on the one before: the error grows to a fifth of the sound.
# Nothing warns: a file has the same length and header whoever wrote it. So the same file gives other samples after an
# upgrade, and which reader is right depends on who wrote it.
#
# Output seen (signal to error in dB):
#   written by FFmpeg 7:   read by FFmpeg 7 35.3, by FFmpeg 8 13.7, by libsndfile 13.7
#   written by FFmpeg 8:   read by FFmpeg 7 35.3, by FFmpeg 8 13.7, by libsndfile 13.7
#   written by libsndfile: read by FFmpeg 7 13.2, by FFmpeg 8 35.6, by libsndfile 35.6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for release in 14.0.1 18.1.0; do
  python3 -m venv "$folder/$release"
  "$folder/$release/bin/python" -m pip install --quiet "av==$release" "soundfile==0.14.0" "numpy==2.4.6"
done
cd "$folder"
cat > ima.py <<'PYTHON'
import sys

import av
import numpy as np
import soundfile

SR = 22050
t = np.arange(4 * SR) / SR
voice = np.sin(2 * np.pi * 140 * t) + 0.5 * np.sin(2 * np.pi * 710 * t) + 0.2 * np.sin(2 * np.pi * 2300 * t)
voice *= 0.004 * np.sin(np.pi * 1.5 * t) ** 2  # three swells, -45 dB below full scale
samples = np.rint(32767 * voice).astype(np.int16)
what, name, by = sys.argv[1:]

if what == "write" and by == "libsndfile":
    soundfile.write(name, samples, SR, format="WAV", subtype="IMA_ADPCM")
elif what == "write":
    with av.open(name, "w") as out:
        stream = out.add_stream("adpcm_ima_wav", rate=SR, layout="mono")
        to_planes = av.AudioResampler(format="s16p", layout="mono", rate=SR)
        for start in range(0, len(samples), 1024):
            piece = np.ascontiguousarray(samples[np.newaxis, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
            frame.sample_rate, frame.pts = SR, start
            for part in to_planes.resample(frame):
                out.mux(stream.encode(part))
        out.mux(stream.encode(None))
else:
    if by == "libsndfile":
        read = soundfile.read(name, dtype="int16")[0]
    else:
        with av.open(name) as file:
            read = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    error = read[: len(samples)].astype(float) - samples[: len(read)]
    print(f"{10 * np.log10(np.mean(samples.astype(float) ** 2) / np.mean(error**2)):.1f}")
PYTHON
14.0.1/bin/python ima.py write by7.wav ffmpeg
18.1.0/bin/python ima.py write by8.wav ffmpeg
18.1.0/bin/python ima.py write bysnd.wav libsndfile
status=0
for file in by7 by8 bysnd; do
  seven=$(14.0.1/bin/python ima.py read $file.wav ffmpeg)
  eight=$(18.1.0/bin/python ima.py read $file.wav ffmpeg)
  snd=$(18.1.0/bin/python ima.py read $file.wav libsndfile)
  echo "$file: read by FFmpeg 7 $seven, by FFmpeg 8 $eight, by libsndfile $snd"
  if [ $file = bysnd ]; then good="$eight $snd" bad=$seven; else good=$seven bad="$eight $snd"; fi
  for db in $good; do [ "${db%.*}" -ge 30 ] || status=1; done
  for db in $bad; do [ "${db%.*}" -le 20 ] || status=1; done
done
[ $status = 0 ] || { echo "the behaviour has changed" >&2; exit 1; }
