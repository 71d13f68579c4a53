"""The dominant colour of a picture, one of the ten of M2FN (Table 1; Section 6.3.2).

The paper extracts an intermediate colour by k-means with the minimum covariance determinant (MCD) and maps it to a
predefined set. Its details are not published; here:

1. The picture is sampled on a grid, without averaging, so that no colour is taken in that is not there.
2. k-means in CIELAB, where distances are those that people see; each cluster gets the name of its centre, and
   clusters of one name count as one colour, because a shaded ground is one colour to a viewer.
3. "multiple" where the commonest colour covers less than `MIN_SHARE` of the picture or leads the next by less than
   `MIN_LEAD`.
4. The centre of the commonest colour is the MCD location of its samples: the mean of the most compact half, which
   text, edges and shadows do not move. Its name is the answer.

Names are those of the nearest CSS colour in CIELAB; what the ten lack goes where most people put it: orange to red,
brown or yellow, cyan and violet to blue, magenta to pink.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from adlab.errors import ImageError

COLOUR_NAMES = ("black", "blue", "brown", "green", "grey", "multiple", "pink", "red", "white", "yellow")
MULTIPLE = "multiple"
MIN_SHARE, MIN_LEAD = 0.45, 0.1
CLUSTERS = 6
_SIDE = 48  # samples a side
_ROBUST_SAMPLES = 400  # more place the centre no better; MCD's trials take most of the time
_SEED = 0
_CSS = {
    "black": "black #101010 #2a2a2a #1c1410 #141a26",
    "blue": """blue mediumblue darkblue navy midnightblue royalblue steelblue cornflowerblue dodgerblue deepskyblue
        lightskyblue skyblue lightblue powderblue lightsteelblue cadetblue cyan lightcyan darkturquoise
        mediumturquoise turquoise paleturquoise teal darkcyan slateblue darkslateblue mediumslateblue indigo
        blueviolet rebeccapurple mediumpurple lavender aliceblue #5878a8""",
    "brown": """saddlebrown sienna chocolate peru tan burlywood sandybrown rosybrown darkgoldenrod wheat
        #5c3317 #4e301c #74502f #926644 #b68862""",
    "green": """green darkgreen forestgreen seagreen mediumseagreen darkseagreen lightgreen palegreen limegreen lime
        lawngreen chartreuse greenyellow springgreen mediumspringgreen olive olivedrab darkolivegreen yellowgreen
        mediumaquamarine aquamarine lightseagreen honeydew #0a5230""",
    "grey": "dimgrey grey darkgrey #5a5a5a #bdbdbd slategrey lightslategrey darkslategrey",
    "pink": """pink lightpink hotpink deeppink palevioletred mediumvioletred orchid mediumorchid darkorchid
        darkviolet violet plum thistle fuchsia darkmagenta purple lavenderblush mistyrose""",
    "red": "red brown darkred maroon firebrick crimson indianred lightcoral salmon tomato coral orangered",
    "white": "white snow whitesmoke ghostwhite ivory floralwhite seashell #e4e4e4 gainsboro",
    "yellow": """yellow gold goldenrod khaki darkkhaki palegoldenrod moccasin lemonchiffon lightyellow cornsilk
        lightgoldenrodyellow orange darkorange #fce68e""",
}


class DominantColour(NamedTuple):
    """What a picture is mostly coloured.

    Attributes:
        name: One of `COLOUR_NAMES`.
        share: Share of the picture that the commonest colour covers, 0–1, also where the name is "multiple".
        rgb: Robust centre of that colour, 0–255 each.
    """

    name: str
    share: float
    rgb: tuple[int, int, int]


def dominant_colour(image: Image.Image) -> DominantColour:
    """The dominant colour of a picture; equal pixels give equal answers.

    Args:
        image: RGB, any size.

    Raises:
        ImageError: The picture has another mode or no pixels.
    """
    if image.mode != "RGB" or 0 in image.size:
        raise ImageError(f"The picture has mode {image.mode!r} and size {image.size}; give RGB pixels.")
    samples = _samples(image)
    lab = to_lab(samples)
    shares, members = _named_clusters(lab)
    (name, share), *others = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    centre = _robust_centre(samples[members == name])
    lead = share - (others[0][1] if others else 0.0)
    mixed = share < MIN_SHARE or lead < MIN_LEAD
    r, g, b = (int(value) for value in np.clip(centre.round(), 0, 255))
    return DominantColour(MULTIPLE if mixed else str(colour_name((r, g, b))), share, (r, g, b))


def colour_name(rgb: tuple[int, int, int]) -> str:
    """The name of one colour, any of `COLOUR_NAMES` but "multiple"."""
    return str(_names_of(to_lab(np.array([rgb], dtype=np.float64)))[0])


def to_lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB under D65 of sRGB colours 0–255, (N, 3) to (N, 3): lightness 0–100, green–red and blue–yellow."""
    share = np.clip(rgb / 255, 0, 1)
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    xyz = linear @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    lab: NDArray[np.float64] = np.stack(
        [116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1
    )
    return lab


def _samples(image: Image.Image) -> NDArray[np.float64]:
    """Pixels on a grid, (N, 3), spread within their rounding step.

    Eight bits make many samples equal; a covariance of equal samples is singular, and k-means would look for more
    clusters than there are values. Within the step they were rounded to, the samples may lie anywhere.
    """
    pixels = np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST), dtype=np.float64).reshape(-1, 3)
    return pixels + np.random.default_rng(_SEED).uniform(-0.5, 0.5, pixels.shape)


def _named_clusters(lab: NDArray[np.float64]) -> tuple[dict[str, float], NDArray[np.str_]]:
    """Share of each colour name, and the name of each sample's cluster."""
    from sklearn.cluster import KMeans  # half a second to import

    clusters = KMeans(CLUSTERS, n_init=1, max_iter=50, random_state=_SEED).fit(lab)
    members = _names_of(clusters.cluster_centers_)[clusters.labels_]
    names, counts = np.unique(members, return_counts=True)
    return dict(zip(names.tolist(), (counts / len(lab)).tolist(), strict=True)), members


def _robust_centre(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.covariance import MinCovDet

    step = -(-len(samples) // _ROBUST_SAMPLES)
    centre: NDArray[np.float64] = MinCovDet(random_state=_SEED).fit(samples[::step]).location_
    return centre


def _names_of(lab: NDArray[np.float64]) -> NDArray[np.str_]:
    names, prototypes = _prototypes()
    return names[((lab[:, None] - prototypes) ** 2).sum(axis=2).argmin(axis=1)]


@cache
def _prototypes() -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    pairs = [(name, ImageColor.getrgb(css)[:3]) for name, listed in _CSS.items() for css in listed.split()]
    return np.array([name for name, _ in pairs]), to_lab(np.array([rgb for _, rgb in pairs], dtype=np.float64))
