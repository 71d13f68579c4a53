"""Three things close up: a pizza, a bicycle, a running shoe."""

from __future__ import annotations

import math

from brush import HEIGHT, WIDTH, Canvas, curve, ellipse, ring, tube


def pizza() -> Canvas:
    """A pizza with tomato, mozzarella and basil on a wooden table, seen from above."""
    c = Canvas(4)
    for i in range(6):
        shade = 1 + 0.07 * c.random.normal()
        c.gradient(
            [
                (0, (126 * shade, 82 * shade, 50 * shade)),
                (0.94, (116 * shade, 74 * shade, 44 * shade)),
                (1, (58, 34, 20)),
            ],
            i * 100,
            i * 100 + 100,
        )
    c.strokes(
        900,
        (-60, 0, WIDTH, HEIGHT),
        (60, 160),
        [(108, 68, 40), (138, 92, 58), (96, 60, 36)],
        width=0.5,
        angle=0,
        spread=1,
    )
    c.shadow((408, 330), (282, 262), 0.55, 22)
    c.shape(ellipse((400, 304), (284, 264)), colour=(232, 226, 214), depth=10, relief=0.4)
    c.shape(ellipse((400, 304), (256, 238)), colour=(208, 150, 78), depth=20, relief=0.9, grain=0.06)
    c.paint(c.mask([ellipse((400, 304), (226, 210))], blur=6), (150, 78, 34), 0.6)
    c.shape(ellipse((400, 304), (220, 204)), colour=(196, 64, 34), depth=12, relief=0.3, grain=0.09)
    spots = [
        (280, 220),
        (390, 170),
        (510, 230),
        (330, 320),
        (450, 300),
        (290, 410),
        (410, 420),
        (530, 370),
        (400, 250),
        (555, 300),
        (240, 310),
    ]
    for x, y in spots:
        points = [
            (x + (34 + 9 * c.random.normal()) * math.cos(a), y + (29 + 8 * c.random.normal()) * math.sin(a))
            for a in [k * math.tau / 9 for k in range(9)]
        ]
        c.paint(c.mask([curve(*points)], blur=4), (236, 168, 90), 0.5)
        c.shape(curve(*points), colour=(250, 234, 198), depth=11, relief=0.6, grain=0.02)
    for x, y in ((335, 235), (470, 190), (520, 330), (370, 365), (270, 350), (460, 390), (340, 450)):
        c.shadow((x + 4, y + 6), (31, 29), 0.35, 5)
        c.shape(ellipse((x, y), (30, 29)), colour=(206, 46, 30), depth=8)
        c.shape(ellipse((x, y), (22, 21)), colour=(228, 84, 52), depth=5, relief=0.3)
        for k in range(5):
            a = k * math.tau / 5 + 0.4
            c.shape(ellipse((x + 12 * math.cos(a), y + 11 * math.sin(a)), (4.2, 3)), colour=(246, 194, 116), depth=2)
    for x, y, tilt in (
        (402, 214, 20),
        (442, 250, 110),
        (300, 282, 60),
        (395, 325, -30),
        (500, 275, 75),
        (335, 395, 150),
        (470, 345, 10),
    ):
        turn = math.radians(tilt)
        u, v = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
        leaf = [
            (x + a * u[0] + b * v[0], y + a * u[1] + b * v[1])
            for a, b in ((-34, 0), (-12, -15), (14, -12), (36, 0), (14, 12), (-12, 15))
        ]
        c.shadow((x + 4, y + 7), (26, 14), 0.3, 5)
        c.shape(curve(*leaf), colour=(56, 128, 44), depth=8, relief=0.8)
        c.shape(tube([leaf[0], (x, y), leaf[3]], 2.2, 1), colour=(140, 190, 96), depth=1)
    return c


def bicycle() -> Canvas:
    """A red bicycle leans against a white brick wall."""
    c = Canvas(5)
    c.gradient([(0, (222, 216, 204)), (1, (206, 198, 184))], 0, 452)
    for row in range(16):
        for column in range(-1, 10):
            shade = 1 + 0.03 * c.random.normal()
            x, y = column * 88 + (row % 2) * 44, row * 29
            c.shape(
                [(x + 2, y + 2), (x + 86, y + 2), (x + 86, y + 27), (x + 2, y + 27)],
                colour=(228 * shade, 221 * shade, 208 * shade),
                depth=3,
                relief=0.5,
                grain=0.015,
            )
    c.gradient([(0, (112, 108, 104)), (1, (150, 146, 140))], 452)
    c.texture(452, HEIGHT, 0.07, 1.0)
    c.shape([(0, 446), (WIDTH, 446), (WIDTH, 462), (0, 462)], colour=(176, 172, 164), depth=4)
    back, front, crank, seat, head = (238, 410), (580, 410), (388, 416), (350, 254), (526, 232)
    for x in (back[0], front[0]):
        c.paint(c.mask([ring((x + 26, 400), 116, 9)], blur=7), (30, 30, 40), 0.28)
        c.shadow((x + 10, 528), (96, 9), 0.45, 7)
    c.paint(
        c.mask(
            [tube([(p[0] + 26, p[1] - 6) for p in line], 12) for line in ((seat, crank), (crank, head), (seat, head))],
            blur=7,
        ),
        (30, 30, 40),
        0.28,
    )
    for centre in (back, front):
        for k in range(18):
            a = k * math.tau / 18
            c.paint(
                c.mask([tube([centre, (centre[0] + 104 * math.cos(a), centre[1] + 104 * math.sin(a))], 1.3)]),
                (196, 200, 204),
                0.9,
            )
        c.shape(ring(centre, 108, 7), colour=(190, 194, 198), depth=2)
        c.shape(ring(centre, 117, 11), colour=(42, 42, 46), depth=4)
        c.shape(ellipse(centre, (9, 9)), colour=(150, 152, 156), depth=4)
    red = (202, 40, 38)
    c.shape(tube([back, (388, 416)], 8), tube([back, (358, 282)], 8), colour=red, depth=3)
    c.shape(
        tube([(350, 250), crank], 12),
        tube([crank, (530, 262)], 13),
        tube([(360, 286), (524, 244)], 12),
        colour=red,
        depth=4,
    )
    c.shape(tube([(520, 214), (536, 282)], 14), tube([(536, 282), (556, 344), front], 10, 8), colour=red, depth=4)
    c.shape(tube([(350, 252), (344, 224)], 7), tube([(522, 216), (516, 186)], 7), colour=(184, 188, 192), depth=3)
    c.shape(
        curve((292, 214), (330, 206), (390, 214), (400, 222), (350, 232), (304, 238)), colour=(110, 68, 40), depth=7
    )
    c.shape(tube([(516, 188), (554, 178), (572, 196), (548, 214)], 9, 8), colour=(184, 188, 192), depth=3)
    c.shape(tube([(566, 204), (540, 218)], 13), colour=(110, 68, 40), depth=4)
    c.shape(ring(crank, 32, 8), colour=(86, 88, 92), depth=3)
    c.shape(
        tube([(354, 452), crank, (424, 380)], 8),
        tube([(338, 456), (372, 456)], 9),
        tube([(410, 376), (442, 376)], 9),
        colour=(70, 72, 76),
        depth=3,
    )
    c.shape(tube([(388, 384), back], 2.4), tube([(388, 448), (238, 420)], 2.4), colour=(52, 52, 56), depth=1)
    c.shape(curve((552, 224), (646, 220), (634, 292), (566, 292)), colour=(190, 142, 84), depth=10, grain=0.1)  # basket
    for y in (238, 254, 270):
        c.shape(tube([(558, y), (642, y - 2)], 2.2), colour=(134, 92, 48), depth=1)
    for x, y, colour in (
        (572, 212, (232, 196, 60)),
        (596, 200, (226, 110, 130)),
        (622, 208, (236, 236, 230)),
        (610, 220, (240, 150, 60)),
    ):
        c.shape(tube([(x, y), (x + 2, 240)], 3), colour=(70, 120, 54), depth=1)
        c.shape(ellipse((x, y), (15, 13)), colour=colour, depth=6)
    return c


def sneaker() -> Canvas:
    """A blue running shoe on a warm studio floor."""
    c = Canvas(6)
    c.gradient([(0, (250, 206, 128)), (0.62, (246, 186, 96)), (0.66, (238, 170, 80)), (1, (250, 198, 116))])
    c.paint(c.mask([ellipse((300, 170), (330, 190))], blur=90), (255, 236, 190), 0.7)
    c.shadow((416, 474), (292, 24), 0.5, 12)
    c.shape(
        curve(
            (128, 428),
            (240, 432),
            (420, 432),
            (560, 424),
            (668, 408),
            (694, 430),
            (672, 466),
            (560, 476),
            (380, 478),
            (200, 476),
            (124, 462),
        ),
        colour=(246, 246, 242),
        depth=14,
        relief=0.7,
    )
    c.shape(
        curve(
            (126, 460), (260, 466), (440, 468), (600, 462), (676, 446), (668, 470), (560, 482), (360, 484), (180, 482)
        ),
        colour=(232, 92, 52),
        depth=5,
    )
    blue, navy = (36, 96, 178), (22, 52, 104)
    c.shape(
        curve(
            (138, 430),
            (126, 360),
            (138, 286),
            (166, 262),
            (212, 288),
            (262, 300),
            (318, 256),
            (358, 240),
            (404, 282),
            (470, 332),
            (560, 360),
            (640, 378),
            (682, 410),
            (640, 426),
            (480, 436),
            (300, 438),
        ),
        colour=blue,
        depth=34,
        relief=0.85,
        grain=0.03,
    )
    c.shape(
        curve((166, 268), (212, 290), (262, 302), (318, 260), (340, 250), (300, 288), (258, 316), (204, 306)),
        colour=(16, 34, 66),
        depth=6,
    )
    c.shape(
        curve((134, 428), (128, 372), (140, 318), (196, 344), (214, 400), (206, 434)), colour=navy, depth=12, grain=0.02
    )
    c.shape(
        curve((560, 364), (640, 380), (684, 412), (640, 428), (560, 432), (536, 400)), colour=navy, depth=14, grain=0.02
    )
    c.shape(
        curve((330, 262), (358, 244), (404, 288), (470, 336), (520, 352), (486, 366), (420, 336), (366, 296)),
        colour=(60, 126, 206),
        depth=8,
    )  # tongue
    for t in range(6):
        x, y = 352 + t * 27, 268 + t * 17.5
        c.shape(tube([(x - 20, y + 30), (x + 4, y + 2), (x + 26, y - 2)], 8, 7), colour=(250, 250, 246), depth=3)
    c.shape(
        tube([(362, 262), (334, 228), (352, 206), (374, 246)], 6),
        tube([(362, 262), (392, 222), (416, 228), (380, 258)], 6),
        colour=(250, 250, 246),
        depth=3,
    )
    c.shape(
        curve((228, 420), (280, 372), (372, 350), (466, 356), (420, 372), (340, 386), (276, 424)),
        colour=(250, 250, 246),
        depth=7,
    )
    c.shape(
        curve((262, 424), (330, 396), (410, 384), (500, 380), (420, 402), (340, 416), (300, 428)),
        colour=(232, 92, 52),
        depth=5,
    )
    c.shape(tube([(150, 286), (128, 258), (140, 240), (164, 262)], 8), colour=(232, 92, 52), depth=3)
    for x in range(214, 560, 11):
        for y in range(300, 360, 11):
            if 250 < x < 330 and y > 318:
                c.paint(c.mask([ellipse((x, y), (1.6, 1.6))]), (14, 50, 108), 0.7)
    return c
