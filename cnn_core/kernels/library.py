"""The families of named kernels, group by group."""

from cnn_core.kernels import families as f
from cnn_core.kernels.families import Family

_SLOPE = r"\cos\theta\,\frac{\partial I}{\partial x} + \sin\theta\,\frac{\partial I}{\partial y}"


def _slope_formula(letter: str, smooth: str) -> str:
    """Return the formula of a slope: smoothed in one direction, a difference in the other, steered to θ."""
    step = rf"{letter}_x = \begin{{bmatrix}}{smooth}\end{{bmatrix}}\begin{{bmatrix}}-1&0&1\end{{bmatrix}}"
    return rf"\begin{{gathered}}{step}\\ y \approx {_SLOPE}\end{{gathered}}"


_BRIGHTER = "Edges across θ: positive where it gets brighter that way (0° to the right, 90° downwards)."
_SLOPES = [
    Family(
        "Sobel",
        "Edges",
        _slope_formula("S", r"1\\2\\1"),
        f"{_BRIGHTER} Smoothed along the edge.",
        f.sobel_kernel,
        {"angle": 0},
        smallest_size=2,
    ),
    Family(
        "Prewitt",
        "Edges",
        _slope_formula("P", r"1\\1\\1"),
        f"{_BRIGHTER} A plain mean along the edge.",
        f.prewitt_kernel,
        {"angle": 0},
        smallest_size=2,
    ),
    Family(
        "Scharr",
        "Edges",
        _slope_formula("S", r"3\\10\\3"),
        f"{_BRIGHTER} Weighted so that slanted edges get nearly the right direction.",
        f.scharr_kernel,
        {"angle": 0},
        smallest_size=3,
    ),
    Family(
        "Gaussian derivative",
        "Edges",
        r"y = \cos\theta\,\frac{\partial (G_\sigma * I)}{\partial x} + \sin\theta\,"
        r"\frac{\partial (G_\sigma * I)}{\partial y}",
        f"{_BRIGHTER} Blurred first: σ says how fine an edge may be.",
        f.gaussian_derivative,
        {"sigma": 1, "angle": 0},
        smallest_size=2,
        default_size=5,
    ),
]
_SPOTS = [
    Family(
        "Laplacian",
        "Spots and outlines",
        r"y \approx \partial^2 I/\partial x^2 + \partial^2 I/\partial y^2",
        "Changes of slope in every direction; edges give a double line, and noise is amplified.",
        lambda size: f.centre_kernel(f.LAPLACE_4, size),
        smallest_size=3,
    ),
    Family(
        "Laplacian, 8 neighbours",
        "Spots and outlines",
        r"y \approx \partial^2 I/\partial x^2 + \partial^2 I/\partial y^2",
        "The Laplacian with the diagonals: outlines in any direction.",
        lambda size: f.centre_kernel(f.LAPLACE_8, size),
        smallest_size=3,
    ),
    Family(
        "Laplacian of Gaussian",
        "Spots and outlines",
        r"y = \nabla^2 (G_\sigma * I)",
        "Spots of radius about 1.4 σ: blurred first, so noise matters less.",
        f.laplacian_of_gaussian,
        {"sigma": 1},
        smallest_size=3,
        default_size=5,
    ),
    Family(
        "Difference of Gaussians",
        "Spots and outlines",
        r"y = G_\sigma * I - G_{\rho\sigma} * I",
        "What is coarser than σ and finer than ρσ; with ρ = 1.6 nearly the negative Laplacian of Gaussian.",
        f.difference_of_gaussians,
        {"sigma": 1, "ratio": 1.6},
        smallest_size=3,
        default_size=7,
    ),
]
_LINES = [
    Family(
        "Line",
        "Lines and corners",
        r"\textstyle\sum w = 0,\quad w = 2 \text{ on the line}, -1 \text{ beside it}",
        "Bright lines one pixel wide at θ, to the nearest 45°; dark ones come out negative.",
        f.line_kernel,
        {"angle": 0},
        smallest_size=3,
    ),
    Family(
        "Corner",
        "Lines and corners",
        r"w = 3 \text{ in one quarter}, -1 \text{ in the others}",
        "Bright corners that open towards one quarter; a straight edge answers too, but less.",
        f.corner_kernel,
        {"angle": 0},
        smallest_size=2,
        default_size=5,
    ),
    Family(
        "Saddle",
        "Lines and corners",
        r"y \approx \partial^2 I/\partial x\,\partial y",
        "Corners of upright rectangles: horizontal and vertical edges give 0.",
        f.saddle_kernel,
        smallest_size=2,
    ),
]
_BLURS = [
    Family(
        "Box blur",
        "Blur",
        r"w = \tfrac{1}{k^2}",
        "The plain mean of the neighbourhood: noise goes, edges smear.",
        f.box_kernel,
    ),
    Family(
        "Gaussian blur",
        "Blur",
        r"w_{u,v} \propto e^{-(u^2+v^2)/2\sigma^2}",
        "The mean of the neighbourhood, near pixels counting more: noise and fine detail go.",
        f.gaussian_kernel,
        {"sigma": 1},
        default_size=5,
    ),
    Family(
        "Motion blur",
        "Blur",
        r"w_{u,v} \propto [\,(u, v) \text{ lies on a line at } \theta\,]",
        "The mean along a line, as if the camera had moved.",
        f.motion_blur,
        {"angle": 45},
        default_size=7,
    ),
]
_SHARPENERS = [
    Family(
        "Sharpen",
        "Sharpen",
        r"y = I - a\,\nabla^2 I",
        "The picture plus its fine detail, as many times as the amount says.",
        f.sharpen_kernel,
        {"amount": 1},
        smallest_size=3,
    ),
    Family(
        "Unsharp mask",
        "Sharpen",
        r"y = I + a\,(I - G_\sigma * I)",
        "The picture plus its difference from a blurred copy, as printers used to do with film.",
        f.unsharp_kernel,
        {"sigma": 1, "amount": 1},
        default_size=5,
    ),
    Family(
        "Emboss",
        "Sharpen",
        r"y \approx I + \sqrt 2\,(\cos\theta\,\Delta_x I + \sin\theta\,\Delta_y I)",
        "Relief: slopes along θ become light and shade.",
        f.emboss_kernel,
        {"angle": 45},
        smallest_size=3,
    ),
]
_TEXTURES = [
    Family(
        "Gabor",
        "Texture",
        r"\begin{gathered}w = e^{-(u^2+v^2)/2\sigma^2}\left(\cos(2\pi x'/\lambda + \varphi) - c\right)\\ "
        r"x' = v\cos\theta + u\sin\theta\end{gathered}",
        "Stripes of one direction and one width near the pixel. Cells of the visual cortex and the first layers of "
        "trained networks respond alike.",
        f.gabor_kernel,
        {"sigma": 2, "angle": 0, "wavelength": 4, "phase": 0},
        smallest_size=2,
        default_size=9,
    ),
    Family(
        "Random",
        "Texture",
        r"w \sim \mathcal N(0,\, 2/k^2)",
        "Nothing in particular: layers start from such weights before training.",
        f.random_kernel,
        {"seed": 0},
    ),
]
_PLAIN = [
    Family("Identity", "Unchanged", "y = I", "Nothing: every pixel is kept.", f.identity_kernel),
    Family(
        "Shift",
        "Unchanged",
        r"y_{i,j} = I_{i-d,\;j-r}",
        "Each result is one other pixel: the picture moves r to the right and d down.",
        f.shift_kernel,
        {"right": 1, "down": 0},
    ),
]

FAMILIES = {family.name: family for family in (*_SLOPES, *_SPOTS, *_LINES, *_BLURS, *_SHARPENERS, *_TEXTURES, *_PLAIN)}
"""Name → family, group by group."""
