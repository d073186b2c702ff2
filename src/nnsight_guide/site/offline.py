"""A folder → a zip of it: `python -m nnsight_guide.site.offline FOLDER ARCHIVE`.

The same files give the same bytes, whenever and wherever they were written.
"""

import sys
import zipfile
from pathlib import Path

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can name


def pack(folder: Path, archive: Path) -> int:
    """Write the files of `folder` into `archive`, under the archive's name; return how many."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(archive, "w") as opened:
        for path in files:
            name = f"{archive.stem}/{path.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            opened.writestr(entry, path.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
    return len(files)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    if not (source / "index.html").is_file():
        sys.exit(f"there is no site in {source}: MkDocs ended before it was built")
    count = pack(source, target)
    print(f"{target}: {count} files, {target.stat().st_size / 1e6:.1f} MB. Open its index.html.")
