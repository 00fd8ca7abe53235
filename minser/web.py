"""A page in the browser that listens: ``python -m minser.web``.

Nothing leaves this machine: the page loads nothing from elsewhere, and answers nobody but this machine unless told.
"""

import argparse
import base64
import contextlib
import html
import importlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser import audio
from minser.audio.io import read_channels
from minser.corpus import toy
from minser.corpus.clip import EMOTIONS
from minser.recognizer import Answer, Recognizer
from minser.system import cli

MAX_MB = 50
MAX_S = 120  # longest recording: its pictures are drawn while the visitor waits
KEEP_S = 600  # how long an upload lies on the disk, so that it can be played again
SWEEP_S = 60  # how often the server looks for uploads older than that

UPLOADS, EXAMPLES = Path("uploads"), Path("examples")  # in the server's folder

ABOUT = """
# What does this voice sound like?

Record a sentence, or upload a sound file of up to {minutes:g} minutes. minser names the emotion it hears and shows why.

The network that comes with minser learned from actors who played emotions. No network knows what anybody feels, and
real voices are not acted: do not use it to decide anything about people. Your recording stays on the machine that
serves this page, and is deleted within {keep:g} minutes.
"""

STYLE = """
.minser td {padding: 2px 8px; border: none} .minser .bar {background: #0072B2; height: 1em; border-radius: 2px}
.minser table {width: 100%; border: none} .minser td:last-child {width: 60%} .minser img {width: 100%; max-width: 900px}
"""

FONTS = ["system-ui", "sans-serif"]


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "web",
        "Serve a page that records or takes a voice, names its emotion and shows why, to this machine's browser.",
        "python -m minser.web --run runs/minser",
    )
    parser.add_argument("--run", type=Path, help="run folder of a trained network (the one shipped with minser)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at; 0.0.0.0: for all (%(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="port to listen at (%(default)s)")
    return cli.run("web", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C; what visitors leave is in one folder, which goes with the server.

    The server works in that folder: Gradio tells the browser where files are, and says so relative to it.
    """
    if not 0 < arguments.port < 65_536:
        raise ValueError(f"--port must be from 1 to 65535, got {arguments.port}")
    recognizer = Recognizer.load(arguments.run)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops the server, its folder goes
    with tempfile.TemporaryDirectory(prefix="minser-web-") as folder, contextlib.chdir(folder):
        gradio = import_gradio()
        page = build_page(gradio, recognizer)
        try:
            page.launch(
                server_name=arguments.host,
                server_port=arguments.port,
                max_file_size=f"{MAX_MB}mb",
                app_kwargs={"middleware": [(own_content_only, (), {})]},
                css=STYLE,
                theme=gradio.themes.Default(font=FONTS, font_mono=FONTS),  # the browser's own: none is fetched
                footer_links=[],
                share=False,
                ssr_mode=False,
                enable_monitoring=False,
                quiet=True,
                prevent_thread_lock=True,
            )
        except OSError as error:  # Gradio's own text names its settings
            where = f"{arguments.host}:{arguments.port}"
            raise OSError(f"the page cannot listen at {where}, which may be taken: name another --port") from error
        print(f"listening at http://{arguments.host}:{arguments.port}, until Ctrl-C", flush=True)
        try:
            while True:  # Windows hears Ctrl-C in a sleep, not in a wait
                time.sleep(SWEEP_S)
        except KeyboardInterrupt:
            page.close(verbose=False)
    return 0


def build_page(gradio: Any, recognizer: Recognizer) -> Any:
    """Return the page, a Gradio ``Blocks``; the examples' files go into `EXAMPLES`, where Gradio deletes nothing."""
    gradio.set_static_paths(EXAMPLES)

    def hear(path: str | None) -> tuple[str, str]:
        """Return the answer and the pictures, as HTML, of what a visitor left."""
        try:
            return ("", "") if path is None else listen(recognizer, Path(path))
        except cli.BAD_INPUT as error:
            raise gradio.Error(line_without_path(error), print_exception=False) from error

    with gradio.Blocks(title="minser", analytics_enabled=False, delete_cache=(SWEEP_S, KEEP_S)) as page:
        gradio.Markdown(ABOUT.format(minutes=MAX_S / 60, keep=(KEEP_S + SWEEP_S) / 60))
        voice = gradio.Audio(sources=["microphone", "upload"], type="filepath", label="Voice", buttons=[])
        gradio.Examples(
            [str(file) for file in write_examples(EXAMPLES)],
            voice,
            example_labels=list(EMOTIONS),
            label="Synthetic voices to try, by what they play",
        )
        answer, pictures = gradio.HTML(), gradio.HTML()
        voice.change(hear, voice, [answer, pictures], api_visibility="private")
    return page


def import_gradio() -> Any:
    """Return Gradio, told to keep what visitors leave in `UPLOADS` and to ask nobody outside."""
    os.environ |= {"GRADIO_TEMP_DIR": str(UPLOADS), "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    try:
        return importlib.import_module("gradio")
    except ModuleNotFoundError as error:
        raise ValueError('the page needs Gradio: python -m pip install "minser[web]"') from error


def write_examples(folder: Path) -> list[Path]:
    """Write a clip of the embedded corpus for each emotion into a new folder."""
    folder.mkdir()
    files = []
    for number, emotion in enumerate(EMOTIONS, 1):
        waveform = toy.synthesise(emotion=number, intensity=1, statement=1, repetition=1, actor=12)
        files.append(folder / f"{emotion}.wav")
        audio.save(files[-1], waveform, sr=toy.TOY_SR)
    return files


def listen(recognizer: Recognizer, path: Path) -> tuple[str, str]:
    """Return the answer and the pictures of a recording, as HTML.

    Raises
    ------
    OSError
        If it is not there or cannot be read.
    ValueError
        If it is no sound file or too long; the message names no path.
    """
    n_samples = 0
    with path.open("rb") as file:
        for block, sr in read_channels(file):
            n_samples += len(block)
            if n_samples > MAX_S * sr:
                raise ValueError(f"the recording is longer than {MAX_S} s: cut it into pieces")
        waveform, sr = audio.load(file)
        answer = recognizer.answer_file(file)
    return answer_html(answer), pictures_html(recognizer, waveform, sr, answer)


def line_without_path(error: BaseException) -> str:
    """Return what went wrong, for a visitor: the system's own text would name a path on this machine."""
    if isinstance(error, FileNotFoundError):
        return "the recording was deleted: record it again, or upload it again"
    if isinstance(error, OSError):
        return error.strerror or "the recording cannot be read"
    return cli.one_line(error)


def answer_html(answer: Answer) -> str:
    """Return the emotion, the notes, and a bar for each probability."""
    rows = "".join(
        f'<tr data-emotion="{html.escape(name)}" data-probability="{p:.9g}"><td>{html.escape(name)}</td>'
        f'<td>{100 * p:.1f}&nbsp;%</td><td><div class="bar" style="width: {100 * p:.1f}%"></div></td></tr>'
        for name, p in zip(answer.emotions, map(float, answer.probs), strict=True)
    )
    notes = "".join(f"<p>Note: {html.escape(note)}</p>" for note in answer.notes)
    title = f"{html.escape(answer.emotion)}, {100 * answer.probs.max():.0f}&nbsp;%"
    return f'<div class="minser"><h2>{title}</h2>{notes}<table>{rows}</table></div>'


def pictures_html(recognizer: Recognizer, waveform: NDArray[np.float32], sr: int, answer: Answer) -> str:
    """Return waveform, emotion over time if there is more than one window, spectrogram and Grad-CAM."""
    from minser import plots
    from minser.plots.explanation import explanation_figure
    from minser.plots.style import to_png
    from minser.plots.timeline import course_figure

    figures = {"The waveform": plots.waveform(waveform, sr=sr, title="Waveform")}
    if len(answer.course) > 1:
        figures["The probability of each emotion over time"] = course_figure(
            answer.times_s, answer.course, answer.is_speech, answer.emotions, title="Emotion over time"
        )
    evidence = recognizer.explain(waveform, sr=sr, emotion=answer.emotion, maps=["Grad-CAM"])
    figures["The mel spectrogram, and over it what speaks for the answer"] = explanation_figure(
        **vars(evidence), emotion=answer.emotion, n_columns=1
    )
    images = (  # inside the page: no file, no path
        f'<img alt="{text}" src="data:image/png;base64,{base64.b64encode(to_png(figure)).decode()}">'
        for text, figure in figures.items()
    )
    return f'<div class="minser">{"".join(images)}</div>'


def own_content_only(app: Any) -> Any:
    """Forbid the browser, in each answer's head, to load anything from elsewhere (Content Security Policy)."""

    async def pass_on(scope: Any, receive: Any, send: Any) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                policy = b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
                message["headers"] = [*message["headers"], (b"content-security-policy", policy)]
            await send(message)

        await app(scope, receive, send_with_policy)

    return pass_on


if __name__ == "__main__":
    sys.exit(main())
