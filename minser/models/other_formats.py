"""Files of weights and networks that are not read: what each is, and how to get weights that are.

Comes in: a path. Goes out: a clause for an error.
"""

import re
import zipfile
from pathlib import Path

_SAVE = "model.save_weights('vgg16.weights.h5') in Keras, torch.save(model.state_dict(), 'vgg16.pth') in torch"
_OF_ARCHIVES = {  # an entry that ends so: what the archive is
    "model.weights.h5": "a .keras archive; unpack it (python -m zipfile -e FILE FOLDER), name FOLDER/model.weights.h5",
    "/archive_format": "a program of torch.export; in torch: "
    "torch.save(dict(torch.export.load(FILE).state_dict), 'vgg16.pth')",
    "/constants.pkl": "a program of TorchScript; in torch: torch.save(torch.jit.load(FILE).state_dict(), 'vgg16.pth')",
}
_PART = re.compile(r"(.*)_\d{5}\.weights\.h5|.*-\d{5}-of-(?!00001\.)\d{5}\.\w+")
"""How Keras, and Hugging Face's libraries for torch, name the parts of sharded weights.

A name like Keras's may come from a callback that counts epochs, so its index has to lie beside it.
"""

_ONNX = re.compile(rb"\x08[\x01-\x1f][\x12\x3a\x42]")
"""The version of the format, then who made the network, or its graph, or its operators' version."""


def advice(path: Path) -> str | None:
    """Return what a file is and what to do, or None where it is of no format that is known not to be read.

    Parameters
    ----------
    path : Path
        An existing file.
    """
    with path.open("rb") as file:
        start = file.read(2**16)
    part = _PART.fullmatch(path.name)
    is_part = part and (part[1] is None or path.with_name(f"{part[1]}.weights.json").exists())
    if is_part or (start.startswith(b"{") and b'"weight_map"' in start):
        return f"a part of sharded weights, or their index; save them whole: {_SAVE}"
    if _ONNX.match(start):
        return f"an ONNX network; save its weights where it was made: {_SAVE}"
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.namelist()
    except (zipfile.BadZipFile, ValueError, LookupError, TypeError, EOFError, RuntimeError):
        return None
    return next((text for end, text in _OF_ARCHIVES.items() if any(name.endswith(end) for name in entries)), None)
