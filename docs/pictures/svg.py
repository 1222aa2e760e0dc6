#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""svg.py COLUMNS ROWS: convert a terminal screen to SVG.

Standard input is what `tmux capture-pane -e -p` prints. Bars, braille and box lines are drawn as
shapes, because fonts disagree about their size; all other text is set on the grid of cells.
"""
import re
import sys
from html import escape

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, BASELINE, MARGIN = 8.4, 18, 14, 13.5, 12
FOREGROUND, BACKGROUND = "#d0d0d0", "#16181d"
BASIC = ("#000000 #cd3131 #0dbc79 #e5e510 #2472c8 #bc3fbc #11a8cd #e5e5e5 "
         "#666666 #f14c4c #23d18b #f5f543 #3b8eea #d670d6 #29b8db #ffffff").split()
BOX_LINES = {"─": "lr", "│": "ud", "├": "udr", "└": "ur", "┌": "dr", "┐": "dl", "┘": "ul", "┤": "udl",
             "╭": "dr", "╮": "dl", "╯": "ul", "╰": "ur"}
# Dots of U+2800 by bit: column and row in the cell.
BRAILLE = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]


def number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def indexed_color(index):
    if index < 16:
        return BASIC[index]
    if index < 232:
        levels = (0, 95, 135, 175, 215, 255)
        index -= 16
        return "#%02x%02x%02x" % (levels[index // 36], levels[index // 6 % 6], levels[index % 6])
    return "#%02x%02x%02x" % ((8 + (index - 232) * 10,) * 3)


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.foreground = self.background = None
        self.bold = self.dim = self.underline = self.reverse = False

    def apply(self, parameters):
        codes = [int(code or 0) for code in parameters.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code == 1:
                self.bold = True
            elif code == 2:
                self.dim = True
            elif code == 22:
                self.bold = self.dim = False
            elif code in (4, 24):
                self.underline = code == 4
            elif code in (7, 27):
                self.reverse = code == 7
            elif code in (38, 48):
                if codes.pop(0) == 5:
                    color = indexed_color(codes.pop(0))
                else:
                    color = "#%02x%02x%02x" % tuple(codes[:3])
                    del codes[:3]
                if code == 38:
                    self.foreground = color
                else:
                    self.background = color
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.foreground = BASIC[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.background = BASIC[code - 40 if code < 100 else code - 92]
            elif code == 39:
                self.foreground = None
            elif code == 49:
                self.background = None

    def appearance(self):
        """Return the cell's foreground, background, boldness, opacity and underline."""
        foreground, background = self.foreground or FOREGROUND, self.background
        if self.reverse:
            foreground, background = background or BACKGROUND, foreground
        # Themes with 256 colors choose a dimmer color themselves.
        dim = self.dim and self.foreground is None
        return foreground, background, self.bold, dim, self.underline


def read_cells(text, columns, rows):
    """Return rows of (character, appearance)."""
    style = Style()
    screen = []
    for line in text.split("\n")[:rows]:
        cells = []
        for part in re.split(r"(\x1b\[[0-9;]*m)", line):
            if part.startswith("\x1b["):
                style.apply(part[2:-1])
            else:
                # Control characters occupy no cell.
                cells += [(character, style.appearance()) for character in part if character >= " "]
        screen.append(cells[:columns])
    return screen


def shape(character, x, y, color):
    """Return the SVG of a character that is drawn, or None for one that is text."""
    code = ord(character)
    if 0x2588 <= code <= 0x258F:  # full block, then seven eighths to one eighth from the left
        width = CELL_WIDTH * (8 - (code - 0x2588)) / 8
        return f'<rect x="{number(x)}" y="{number(y + 2)}" width="{number(width + (code == 0x2588) * 0.3)}" ' \
               f'height="{CELL_HEIGHT - 4}" fill="{color}"/>'
    if 0x2800 <= code <= 0x28FF:
        dots = "".join(
            f"M{number(x + CELL_WIDTH * (0.28 + 0.46 * column))},{number(y + CELL_HEIGHT * (0.14 + 0.24 * row))}h0"
            for bit, (column, row) in enumerate(BRAILLE) if (code - 0x2800) >> bit & 1)
        return f'<path d="{dots}" class="d" stroke="{color}"/>' if dots else ""
    if character in BOX_LINES:
        middle_x, middle_y = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
        ends = {"l": (x, middle_y), "r": (x + CELL_WIDTH, middle_y), "u": (middle_x, y),
                "d": (middle_x, y + CELL_HEIGHT)}
        lines = "".join(f"M{number(middle_x)},{number(middle_y)}L{number(ends[end][0])},{number(ends[end][1])}"
                        for end in BOX_LINES[character])
        return f'<path d="{lines}" class="l" stroke="{color}"/>'
    if character == "·":
        return f'<path d="M{number(x + CELL_WIDTH / 2)},{number(y + CELL_HEIGHT / 2)}h0" class="d" stroke="{color}"/>'
    return None


def draw_row(cells, row):
    y = MARGIN + row * CELL_HEIGHT
    backgrounds, shapes, texts = [], [], []

    def runs(key):
        start = 0
        for column in range(1, len(cells) + 1):
            if column == len(cells) or key(cells[column]) != key(cells[start]):
                yield start, column
                start = column

    for start, end in runs(lambda cell: cell[1][1]):
        background = cells[start][1][1]
        if background:
            backgrounds.append(f'<rect x="{number(MARGIN + start * CELL_WIDTH)}" y="{y}" '
                               f'width="{number((end - start) * CELL_WIDTH)}" height="{CELL_HEIGHT}" fill="{background}"/>')
    for start, end in runs(lambda cell: cell[1]):
        foreground, _, bold, dim, underline = cells[start][1]
        text = ""
        for column in range(start, end):
            character = cells[column][0]
            drawn = shape(character, MARGIN + column * CELL_WIDTH, y, foreground)
            if drawn is not None:
                shapes.append(drawn)
                character = " "
            text += character
        # One element per word: a font of another width moves letters within a word at most.
        for word in re.finditer(r"\S+", text):
            classes = "b" * bold + (" u" if underline else "") + (" f" if dim else "")
            texts.append(f'<text x="{number(MARGIN + (start + word.start()) * CELL_WIDTH)}" y="{number(y + BASELINE)}" '
                         f'textLength="{number(len(word[0]) * CELL_WIDTH)}" fill="{foreground}"'
                         + (f' class="{classes.strip()}"' if classes else "") + f">{escape(word[0])}</text>")
    return backgrounds + shapes + texts


def main():
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    screen = read_cells(sys.stdin.read(), columns, rows)
    width, height = number(columns * CELL_WIDTH + 2 * MARGIN), number(rows * CELL_HEIGHT + 2 * MARGIN)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
          'role="img">')
    print("<title>cgward: the list of groups</title>")
    print("<style>text{font:" + f"{FONT_SIZE}px" + " ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
          "white-space:pre}.b{font-weight:bold}.u{text-decoration:underline}.f{opacity:.6}"
          ".d{stroke-width:2.2;stroke-linecap:round}.l{fill:none;stroke-width:1.1}</style>")
    print(f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>')
    for row, cells in enumerate(screen):
        print("\n".join(draw_row(cells, row)))
    print("</svg>")


if __name__ == "__main__":
    main()
