"""Published corpora in miniature: their own names and layouts, spoken by the embedded voices."""

from pathlib import Path

from minser import audio
from minser.corpus.clip import EMOTIONS
from minser.corpus.toy import TOY_SR, synthesise

CODES = {
    "EMO-DB": {"N": "neutral", "F": "happy", "T": "sad", "W": "angry", "A": "fearful", "E": "disgust", "L": "boredom"},
    "CREMA-D": {
        **{"NEU": "neutral", "HAP": "happy", "SAD": "sad", "ANG": "angry", "FEA": "fearful", "DIS": "disgust"},
    },
    "SAVEE": {
        **{"n": "neutral", "h": "happy", "sa": "sad", "a": "angry", "f": "fearful", "d": "disgust", "su": "surprised"},
    },
    "TESS": {
        **{"neutral": "neutral", "happy": "happy", "sad": "sad", "angry": "angry", "fear": "fearful"},
        **{"disgust": "disgust", "ps": "surprised"},
    },
}
SPEAKERS = {
    "EMO-DB": ("03", "08", "09", "10", "13"),
    "CREMA-D": ("1001", "1002", "1005", "1091"),
    "SAVEE": ("DC", "JE", "JK", "KL"),
    "TESS": ("OAF", "YAF"),
}


def path_of(corpus: str, speaker: str, code: str, take: int) -> str:
    """Return where a corpus keeps a clip."""
    if corpus == "EMO-DB":
        return f"wav/{speaker}a0{take}{code}a.wav"
    if corpus == "CREMA-D":
        return f"AudioWAV/{speaker}_{('DFA', 'IEO')[take - 1]}_{code}_XX.wav"
    if corpus == "SAVEE":
        return f"AudioData/{speaker}/{code}0{take}.wav"
    folder = {("OAF", "fear"): "Fear", ("OAF", "ps"): "Pleasant_surprise", ("YAF", "ps"): "pleasant_surprised"}
    word = ("back", "bite")[take - 1]
    shown = "OA" if (speaker, code, word) == ("OAF", "neutral", "bite") else speaker  # as it was published
    return f"{speaker}_{folder.get((speaker, code), code)}/{shown}_{word}_{code}.wav"


def make_corpus(root: Path, corpus: str, *, takes: int = 2) -> Path:
    """Write two clips of each speaker and emotion; boredom is spoken as calm, which the voices know."""
    voices = [(name, speaker) for name, speakers in SPEAKERS.items() for speaker in speakers]
    for speaker in SPEAKERS[corpus]:
        for code, emotion in CODES[corpus].items():
            for take in range(1, takes + 1):
                spoken = 1 + EMOTIONS.index({"boredom": "calm"}.get(emotion, emotion))
                path = root / path_of(corpus, speaker, code, take)
                path.parent.mkdir(parents=True, exist_ok=True)
                actor = 1 + voices.index((corpus, speaker))
                voice = synthesise(emotion=spoken, intensity=1, statement=take, repetition=1, actor=actor)
                audio.save(path, voice, sr=TOY_SR)
    return root
