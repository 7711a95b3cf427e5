"""Multipart forms, JSON bodies and headers."""

import json
from random import Random
from typing import Any

from tests.fuzz.corpus import forms
from tests.fuzz.inputs import Input
from tests.fuzz.mutate_bytes import mutate_bytes, noise, splice
from tests.fuzz.settings_json import dump, fuzzed_settings, mutate_tree, valid
from tests.hostile.specimens import specimen

CROP = "/api/v1/tools/smart-crop"
_PATHS = (
    *(CROP, CROP, CROP, f"{CROP}/analyze", f"{CROP}/batch", f"{CROP}?overlay=true"),
    *(f"{CROP}?response=image", f"{CROP}?response=\xff"),
)
_BOUNDARY = "xyz"
_FILES = ("jpeg/grey", "png/palette", "gif/still", "bmp/bilevel")
_NAMES = (
    *("a.jpg", "", "..", "../../a.png", "a" * 300 + ".png", 'a".png', "a%22.png", "\xff\xfe.jpg"),
    *("a;b.png", "a\0.png", "a\r\nX: y.png", "é😀.png", "CON.png", ".smart-crop.json", "a\\b.png"),
)
_FIELDS = ("file", "files", "settings", "", "x" * 500, "settings\0", 'a"b', "FILE")
_PART_HEADERS = (
    *("", "", "", "Content-Type: image/png\r\n", "Content-Type: text/plain; charset=utf-16\r\n"),
    *(
        "Content-Transfer-Encoding: base64\r\n",
        "X: " + "y" * 9_000 + "\r\n",
        "\r\n",
        "no colon\r\n",
    ),
    "Content-Disposition: form-data; name=other\r\n",
)
_TEXTS = (
    *(("width", "20"), ("width", "9e9999"), ("height", "+.5"), ("padToSquare", "on")),
    *(("sizes", "20x10,1:1"), ("sizes[]", "20x10"), ("sizes", "[" * 999), ("mode", "trim")),
    *(("focus", '{"x":0.5,"y":0.5}'), ("keep", "{}"), ("clientJobId", "x"), ("file", "x")),
    *(("width", "1" * 5_000), ("targetSize", "\u0663"), ("quality", ""), ("widht", "20")),
)
_EXTENDED = (
    *("UTF-8''a%20b", "x''%ff", "'", "utf-7''+", "utf-8''%", "\"utf-8''%C3%A9.jpg\"", ""),
    "utf-8''" + "%C3%A9" * 500,
)
_AROUND = (b"", b"", b"", b"preamble\r\n", b"--xyz-no\r\n", b"-" * 9_000 + b"\r\n")
_CHARSETS = ("utf-8", "latin-1", "utf-7", "utf-16", "idna", "hex", "undefined", "", "\xff")
_TYPES = (
    *(
        "multipart/form-data",
        "MULTIPART/FORM-DATA; boundary=",
        "multipart/form-data; boundary=\xff",
    ),
    *(
        "application/json",
        "text/plain",
        "",
        "multipart/mixed; boundary=xyz",
        "multipart/form-data;",
    ),
    "multipart/form-data; boundary=" + "z" * 5_000,
)
_HEADERS = (
    *(("content-length", "-1"), ("content-length", "x"), ("content-length", "9" * 30)),
    *(("accept", "image/*"), ("accept", "image/webp,image/png;q=x"), ("accept", ";q=1,,*")),
    *(("range", "bytes=0-9"), ("range", "bytes=-" + "9" * 5_000), ("if-range", "\xff")),
    *(("accept", "application/json"), ("accept", "\xff"), ("if-none-match", '"' * 3_000)),
    *(("origin", "http://example.com"), ("host", "\xff"), ("x-request-id", "\r\n")),
)


def form_input(rng: Random) -> Input:
    """Return a request with a multipart form."""
    parts = b"".join(_part(rng) for _ in range(rng.choice((1, 2, 2, 2, 3, 4))))
    if rng.random() < 0.03:
        # More parts than a form may have. Fewer would be a batch of many pictures, which is slow.
        parts *= 101
    end = rng.choice((b"--xyz--\r\n", b"--xyz--\r\n", b"--xyz--\r\n", b"", b"--xyz--", b"--xyz"))
    body, boundary = rng.choice(_AROUND) + parts + end, _BOUNDARY
    if forms() and rng.random() < 0.1:
        body = rng.choice(forms())
        boundary = body[2:].partition(b"\r\n")[0].decode("latin-1")
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        body = mutate_bytes(rng, body) if rng.random() < 0.9 else splice(rng, body, body)
    content_type = f"multipart/form-data; boundary={boundary}"
    if rng.random() < 0.1:
        content_type += f"; charset={rng.choice(_CHARSETS)}"
    if rng.random() < 0.1:
        content_type = rng.choice(_TYPES)
    return _request(rng, "multipart", body, content_type, rng.choice(_PATHS))


def _part(rng: Random) -> bytes:
    headers = rng.choice(_PART_HEADERS) if rng.random() < 0.2 else ""
    if rng.random() < 0.5:
        name = rng.choice(_NAMES) if rng.random() < 0.4 else "a.jpg"
        field = rng.choice(_FIELDS) if rng.random() < 0.2 else "file"
        disposition = f'form-data; name="{field}"; filename="{name}"'
        if rng.random() < 0.1:
            disposition += rng.choice(("; filename*=", "; filename*0*=")) + rng.choice(_EXTENDED)
        if rng.random() < 0.05:
            disposition = f'form-data; name="{field}"'
            headers = "Content-Type: application/octet-stream\r\n"
        body = specimen(rng.choice(_FILES)) if rng.random() < 0.9 else noise(rng)
    elif rng.random() < 0.3:
        field, text = rng.choice(_TEXTS)
        disposition, body = f'form-data; name="{field}"', text.encode()
    else:
        field = rng.choice(_FIELDS) if rng.random() < 0.2 else "settings"
        if rng.random() < 0.1:
            field += '"; filename="blob'
        disposition = f'form-data; name="{field}"'
        body = fuzzed_settings(rng).encode(errors="surrogatepass")
    head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n{headers}\r\n"
    return head.encode(rng.choice(("utf-8", "utf-8", "latin-1")), "replace") + body + b"\r\n"


def _request(rng: Random, label: str, body: bytes, content_type: str, path: str) -> Input:
    headers = [("content-type", content_type)]
    if rng.random() < 0.15:
        headers.append(rng.choice(_HEADERS))
    options: dict[str, Any] = {"path": path, "headers": headers, "method": "POST"}
    if rng.random() < 0.3:
        options["chunk"] = rng.choice((1, 7, 100, 4096)) if len(body) < 20_000 else 4096
    return Input("form" if label == "multipart" else "json", label, body, options)


_KEYS = (
    "photo.png",
    "folder/photo.png",
    "none.png",
    "",
    "..",
    "a//b",
    "/a",
    "\0",
    "\ud800",
    "a" * 950,
)


def json_input(rng: Random) -> Input:
    """Return a request with a JSON body, or one without a body for a path."""
    if rng.random() < 0.15:
        return _get(rng)
    path = rng.choice((CROP, f"{CROP}/analyze", f"{CROP}/batch", "/api/v1/uploads"))
    tree: dict[str, Any] = {"settings": valid(rng)} if rng.random() < 0.8 else {}
    if path.endswith("/batch"):
        tree["keys"] = [rng.choice(_KEYS[:3]) for _ in range(rng.choice((1, 2)))]
    elif path.endswith("/uploads"):
        tree |= {"filename": rng.choice(_NAMES), "contentType": "image/png"}
    else:
        tree["key"] = rng.choice(_KEYS)
    changed: Any = tree
    for _ in range(rng.choice((0, 1, 1, 2))):
        changed = mutate_tree(rng, changed)
    text = dump(rng, changed)
    settings = changed.get("settings") if isinstance(changed, dict) else None
    if isinstance(settings, dict) and settings != tree.get("settings"):
        text = _affordable(text, settings, tree)
    body = text.encode(errors="surrogatepass")
    return _request(rng, path.rpartition("/")[2], body, "application/json", path)


def _affordable(text: str, settings: dict[str, Any], tree: dict[str, Any]) -> str:
    """Return the text, or that of the unchanged body if its results were large."""
    from tests.fuzz.settings_json import is_affordable

    try:
        return text if is_affordable(json.dumps(settings)) else json.dumps(tree)
    except RecursionError:
        return text


def _get(rng: Random) -> Input:
    id_ = "00000000-0000-4000-8000-000000000000"
    path = rng.choice((f"/api/v1/jobs/{id_}", f"/api/v1/download/{id_}/a_smartcrop.png", "/api"))
    raw = mutate_bytes(rng, path.encode()) if rng.random() < 0.8 else path.encode()
    method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"))
    headers = [rng.choice(_HEADERS)] if rng.random() < 0.3 else []
    options = {"path": raw.decode("latin-1"), "headers": headers, "method": method}
    return Input("json", "path", b"", options)
