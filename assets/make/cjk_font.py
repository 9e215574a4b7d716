"""Make `assets/fonts/marki-cjk.otf`, the lettering of everything that is not plain ASCII.

Needs the extra `assets` and Debian's package fonts-noto-cjk. The font is Noto Sans CJK SC, cut to printable ASCII,
signs, Greek, the 3,755 common characters of GB 2312, whatever else the string tables, lessons and cards use, and the
traditional characters that may be typed to a system (`successors/tasks/wording.py`), with layout tables and hints
dropped, and renamed inside.

    python assets/make/cjk_font.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

ASSETS = Path(__file__).resolve().parent.parent
SIGNS = "\
°±×÷µ·§–—‘’“”…•←↑→↓↔⇒∑√≈≠≤≥−■□▲△▶▷▼▽◀◁◆◇○●★☆✓✗ΑΒΓΔΘΣΩαβγδεηθλμνπρστφχψω、。〈〉《》「」『』【】！（），：；？～"


def characters() -> str:
    """Return all characters that the font shall have."""
    common = "".join(
        bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
    )
    ascii_ = "".join(map(chr, range(32, 127)))
    typed = ASSETS.parent / "successors" / "tasks" / "wording.py"
    used = "".join(p.read_text(encoding="utf-8") for p in (*ASSETS.rglob("*.toml"), typed))
    return "".join(sorted(set(ascii_ + SIGNS + common + used) - {"\n"}))


def main() -> None:
    """Cut the font and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
    options = parser.parse_args()
    font = next(f for f in TTCollection(options.source).fonts if f["name"].getDebugName(1) == "Noto Sans CJK SC")
    settings = subset.Options(hinting=False, layout_features=[], notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14])
    settings.drop_tables += ["GSUB", "GPOS", "vhea", "vmtx", "VORG", "BASE", "GDEF"]
    cutter = subset.Subsetter(settings)
    cutter.populate(text=characters())
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4):
            record.string = "Marki CJK"
        elif record.nameID == 6:
            record.string = "Marki-CJK"
    path = ASSETS / "fonts" / "marki-cjk.otf"
    font.save(path)
    print(f"{path.name}: {len(font.getBestCmap())} characters, {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
