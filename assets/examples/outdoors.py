"""Three scenes under the sky: a dog on grass, a beach, a mountain lake."""

from __future__ import annotations

import itertools

from brush import HEIGHT, WIDTH, Canvas, curve, ellipse, tube

GREENS = [(86, 138, 52), (104, 160, 62), (66, 118, 44), (128, 176, 76)]


def dog() -> Canvas:
    """A brown dog runs over a meadow after a red ball."""
    c = Canvas(1)
    c.gradient([(0, (150, 196, 232)), (1, (214, 232, 240))], 0, 260)
    for x in range(-40, WIDTH + 60, 46):  # a far hedge, out of focus
        y = 205 + 18 * c.random.normal()
        c.shape(ellipse((x, y), (62, 58)), colour=(70, 112 + 12 * c.random.normal(), 58), depth=18, grain=0.06)
    c.gradient([(0, (112, 158, 66)), (0.5, (98, 150, 56)), (1, (70, 118, 40))], 245)
    c.blur(5, 0, 300)
    c.texture(245, HEIGHT, 0.05, 6)
    c.strokes(5200, (0, 262, WIDTH, HEIGHT + 10), (4, 26), GREENS)
    c.shadow((372, 486), (205, 22), 0.42)
    brown, dark, cream = (164, 104, 52), (104, 62, 30), (226, 198, 160)
    far = (128, 78, 40)
    c.shape(
        tube([(286, 392), (236, 430), (196, 470)], 34, 17), tube([(196, 470), (180, 476)], 18, 14), colour=far, depth=6
    )
    c.shape(
        tube([(468, 396), (524, 424), (574, 444)], 32, 16), tube([(574, 444), (592, 444)], 17, 14), colour=far, depth=6
    )
    c.shape(tube([(224, 330), (172, 300), (138, 250)], 30, 12), colour=brown, depth=6, grain=0.05)  # tail
    c.shape(
        curve(
            (214, 330),
            (290, 294),
            (390, 300),
            (470, 290),
            (512, 330),
            (498, 392),
            (430, 414),
            (350, 398),
            (270, 416),
            (214, 388),
        ),
        colour=brown,
        depth=22,
        grain=0.05,
    )
    c.shape(
        curve((440, 330), (500, 322), (512, 372), (470, 408), (432, 396)),
        colour=cream,
        depth=12,
        relief=0.3,
        grain=0.04,
    )
    c.shape(
        curve((452, 320), (486, 262), (540, 244), (560, 290), (520, 350), (470, 372)),
        colour=brown,
        depth=14,
        grain=0.05,
    )  # neck
    c.shape(
        tube([(252, 388), (262, 440), (226, 486)], 44, 18),
        tube([(228, 484), (208, 488)], 18, 15),
        colour=brown,
        depth=8,
        grain=0.05,
    )
    c.shape(
        tube([(470, 392), (494, 440), (540, 480)], 36, 17),
        tube([(538, 478), (560, 482)], 18, 15),
        colour=brown,
        depth=8,
        grain=0.05,
    )
    c.shape(
        curve((508, 236), (552, 206), (604, 214), (628, 250), (600, 290), (546, 294), (510, 272)),
        colour=brown,
        depth=15,
        grain=0.05,
    )
    c.shape(
        curve((590, 244), (634, 244), (672, 258), (676, 276), (640, 292), (594, 290)),
        colour=(190, 136, 84),
        depth=10,
        grain=0.04,
    )
    c.shape(
        curve((612, 286), (646, 284), (640, 308), (622, 326), (608, 306)), colour=(222, 104, 112), depth=6
    )  # tongue
    c.shape(curve((598, 284), (640, 288), (664, 284), (640, 296), (606, 296)), colour=(70, 34, 24), depth=3)
    c.shape(ellipse((672, 260), (13, 11)), colour=(34, 28, 28), depth=5)
    c.shape(ellipse((600, 240), (8, 8)), colour=(28, 20, 16), depth=3, relief=0.3)
    c.shape(ellipse((602, 237), (2.4, 2.4)), colour=(255, 255, 255), depth=1, relief=0)
    c.shape(
        curve((520, 214), (556, 210), (560, 256), (540, 304), (508, 298), (500, 252)), colour=dark, depth=10, grain=0.05
    )
    c.shape(tube([(476, 300), (506, 328), (540, 322)], 13), colour=(38, 110, 176), depth=4)  # collar
    c.shadow((694, 500), (46, 10), 0.4, 8)
    c.shape(ellipse((694, 466), (35, 35)), colour=(206, 46, 42), depth=16)
    c.strokes(900, (0, 470, WIDTH, HEIGHT + 14), (14, 34), GREENS)
    return c


def beach() -> Canvas:
    """A sandy beach, a blue sea, a striped parasol."""
    c = Canvas(2)
    c.gradient([(0, (82, 158, 220)), (0.75, (168, 212, 238)), (1, (220, 236, 240))], 0, 250)
    for x, y, size in ((150, 78, 1.0), (196, 96, 0.8), (520, 58, 1.1), (574, 72, 0.8), (700, 120, 0.6)):
        c.paint(
            c.mask(
                [ellipse((x, y), (66 * size, 16 * size)), ellipse((x + 14, y - 12), (34 * size, 16 * size))], blur=7
            ),
            (255, 255, 255),
            0.85,
        )
    c.gradient([(0, (24, 104, 164)), (0.5, (34, 138, 178)), (1, (110, 196, 204))], 248, 392)
    c.texture(250, 392, 0.035, 2.5)
    c.strokes(
        520,
        (0, 254, WIDTH, 380),
        (8, 46),
        [(150, 206, 226), (200, 232, 240), (18, 92, 150)],
        width=0.7,
        angle=0,
        spread=1.5,
    )
    c.gradient([(0, (226, 200, 150)), (0.4, (236, 212, 164)), (1, (212, 180, 126))], 388)
    shore = [(0, 388), (140, 400), (320, 384), (500, 402), (660, 388), (WIDTH, 398)]
    c.shape([(0, 372), (WIDTH, 372), *curve(*shore[::-1], closed=False)], colour=(120, 200, 206), depth=6, relief=0.2)
    c.shape(tube(shore, 13), colour=(250, 252, 250), depth=4, relief=0.3)
    c.paint(c.mask([tube([(x, y + 12) for x, y in shore], 18)], blur=4), (176, 146, 98), 0.5)
    c.texture(400, HEIGHT, 0.03, 0.6)
    c.texture(400, HEIGHT, 0.02, 14)
    c.shape(curve((436, 250), (448, 238), (520, 238), (500, 254), (452, 256)), colour=(236, 238, 236), depth=4)  # boat
    c.shape([(478, 240), (478, 168), (528, 234)], colour=(250, 250, 246), depth=8)
    c.shape([(474, 236), (474, 184), (446, 232)], colour=(224, 82, 62), depth=8)
    c.shadow((300, 548), (190, 20), 0.3)
    c.shape(tube([(236, 250), (262, 400), (280, 545)], 9), colour=(214, 206, 190), depth=3)
    top, rim = (236, 232), [(66, 356), (128, 352), (196, 342), (268, 330), (344, 312), (420, 290)]
    for i, (a, b) in enumerate(itertools.pairwise(rim)):
        dome = [(236 + (p[0] - 236) * 0.62, 232 + (p[1] - 232) * 0.62 - 34) for p in (b, a)]
        c.shape(
            curve(top, dome[1], a, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - 7), b, dome[0]),
            colour=(222, 70, 56) if i % 2 == 0 else (250, 246, 238),
            depth=16,
        )
    c.shape(
        [(356, 500), (520, 484), (580, 524), (400, 544)], colour=(44, 128, 176), depth=5, relief=0.3, grain=0.03
    )  # towel
    c.shape([(372, 509), (536, 492), (554, 504), (386, 523)], colour=(244, 244, 238), depth=3, relief=0.2)
    c.shape(ellipse((660, 470), (36, 36)), colour=(248, 246, 240), depth=16)
    for start in (0, 120, 240):
        c.shape(
            [(660, 470), *ellipse((660, 470), (35, 35), start, start + 58)],
            colour=((228, 80, 60), (250, 198, 60), (52, 136, 190))[start // 120],
            depth=12,
        )
    return c


def lake() -> Canvas:
    """Snowy mountains over a still lake, firs on the shore."""
    c = Canvas(3)
    c.gradient([(0, (118, 172, 222)), (0.6, (206, 222, 232)), (1, (244, 230, 208))], 0, 370)
    c.shape(
        curve(
            (-40, 400),
            (60, 236),
            (150, 268),
            (250, 190),
            (340, 262),
            (460, 210),
            (560, 262),
            (680, 200),
            (860, 400),
            closed=True,
        ),
        colour=(138, 156, 184),
        depth=18,
        relief=0.35,
    )
    peaks = [
        (-30, 390),
        (70, 300),
        (150, 226),
        (206, 160),
        (262, 92),
        (312, 152),
        (352, 178),
        (410, 250),
        (470, 216),
        (540, 136),
        (580, 178),
        (640, 236),
        (730, 300),
        (840, 390),
    ]
    rock = c.mask([peaks])
    c.shape(peaks, colour=(98, 104, 124), depth=30, relief=0.8, grain=0.08)
    snow = [
        (150, 226),
        (206, 160),
        (262, 92),
        (312, 152),
        (352, 178),
        (376, 206),
        (348, 204),
        (326, 226),
        (300, 190),
        (276, 232),
        (250, 188),
        (222, 238),
        (196, 208),
        (172, 240),
    ]
    snow2 = [(486, 204), (540, 136), (580, 178), (616, 216), (590, 212), (566, 234), (544, 196), (520, 228), (502, 212)]
    c.shape(snow, snow2, colour=(240, 244, 250), depth=16, relief=0.7)
    c.paint(
        rock
        * c.mask(
            [
                [(262, 92), (312, 152), (410, 250), (300, 400), (286, 260)],
                [(540, 136), (640, 236), (760, 400), (600, 400), (552, 250)],
            ],
            blur=3,
        ),
        (40, 52, 84),
        0.34,
    )
    c.texture(90, 390, 0.05, 3, rock)
    for x in range(-20, WIDTH + 40, 17):
        _fir(c, x, 388 + 6 * c.random.normal(), 58 + 18 * c.random.uniform())
    reflected = c.pixels[180 * 2 : 390 * 2][::-1]
    rows = HEIGHT * 2 - 390 * 2
    c.pixels[390 * 2 :] = reflected[:rows] * 0.8 + (28, 34, 40)
    c.blur(2.2, 392)
    c.strokes(
        420,
        (0, 396, WIDTH, 560),
        (10, 70),
        [(190, 208, 226), (120, 146, 176), (214, 222, 230)],
        width=0.5,
        angle=0,
        spread=1,
    )
    c.shape(
        curve((-30, 640), (-20, 520), (90, 508), (190, 540), (300, 560), (420, 640)),
        colour=(92, 112, 58),
        depth=14,
        grain=0.1,
    )
    c.strokes(1500, (-10, 520, 360, HEIGHT + 10), (8, 24), [(104, 128, 60), (136, 150, 78), (78, 98, 48)])
    skin, red, blue = (206, 158, 126), (200, 62, 44), (52, 66, 92)
    c.shadow((152, 556), (50, 9), 0.4, 6)
    c.shape(
        tube([(142, 488), (138, 524), (134, 554)], 19, 14),
        tube([(160, 488), (166, 524), (168, 554)], 19, 14),
        colour=blue,
        depth=5,
    )
    c.shape(tube([(134, 550), (146, 556)], 13), tube([(168, 550), (182, 556)], 13), colour=(80, 54, 36), depth=4)
    c.shape(curve((132, 420), (152, 412), (172, 422), (174, 490), (132, 490)), colour=red, depth=9)
    c.shape(curve((116, 424), (138, 420), (140, 480), (114, 480)), colour=(58, 116, 92), depth=8)  # rucksack
    c.shape(tube([(166, 430), (184, 460), (198, 474)], 14, 10), colour=red, depth=4)
    c.shape(tube([(198, 470), (208, 554)], 3.4), colour=(60, 50, 42), depth=1)
    c.shape(ellipse((154, 400), (14, 16)), colour=skin, depth=6)
    c.shape(curve((138, 398), (146, 380), (164, 382), (170, 396), (154, 392)), colour=(60, 90, 130), depth=4)
    return c


def _fir(c: Canvas, x: float, y: float, height: float) -> None:
    width = height * 0.3
    tiers = [
        [
            (x, y - height + i * height * 0.2),
            (x - width * (0.4 + 0.2 * i), y - height * (0.62 - 0.2 * i)),
            (x + width * (0.4 + 0.2 * i), y - height * (0.62 - 0.2 * i)),
        ]
        for i in range(4)
    ]
    shade = 1 + 0.14 * c.random.normal()
    c.paint(c.mask(tiers), (30 * shade, 62 * shade, 48 * shade))
