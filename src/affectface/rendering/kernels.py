"""The Warp kernels, written once for the CPU and for CUDA.

A kernel's arguments are grouped as: what is drawn, where, and the result. Depth and triangle share one 64-bit word, so
that one atomic minimum settles which triangle is in front, and ties go to the smaller index on every device.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc"
from typing import Any

import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})

NOTHING = wp.constant(wp.uint64(0xFFFFFFFFFFFFFFFF))
DEPTH_STEPS = wp.constant(16777216.0)


@wp.func
def edge(a: wp.vec2, b: wp.vec2, p: wp.vec2) -> float:
    """Twice the signed area of the triangle a, b, p."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


@wp.kernel
def draw_triangles(
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    near: float,
    far: float,
    both_sides: bool,
    buffer: wp.array2d(dtype=wp.uint64),
):
    """Write each triangle's depth and index into the pixels whose centre it covers, where it is in front."""
    t = wp.tid()
    corners = triangles[t]
    p0 = points[corners[0]]
    p1 = points[corners[1]]
    p2 = points[corners[2]]
    a = wp.vec2(p0[0], p0[1])
    b = wp.vec2(p1[0], p1[1])
    c = wp.vec2(p2[0], p2[1])
    area = edge(a, b, c)
    # y points down on the screen: a counter-clockwise triangle of the model has a negative area
    if area == 0.0 or (area > 0.0 and not both_sides):
        return
    height = buffer.shape[0]
    width = buffer.shape[1]
    x_first = wp.max(int(wp.ceil(wp.min(wp.min(a[0], b[0]), c[0]) - 0.5)), 0)
    x_last = wp.min(int(wp.floor(wp.max(wp.max(a[0], b[0]), c[0]) - 0.5)), width - 1)
    y_first = wp.max(int(wp.ceil(wp.min(wp.min(a[1], b[1]), c[1]) - 0.5)), 0)
    y_last = wp.min(int(wp.floor(wp.max(wp.max(a[1], b[1]), c[1]) - 0.5)), height - 1)
    inverse = 1.0 / area
    for y in range(y_first, y_last + 1):
        for x in range(x_first, x_last + 1):
            p = wp.vec2(float(x) + 0.5, float(y) + 0.5)
            w0 = edge(b, c, p) * inverse
            w1 = edge(c, a, p) * inverse
            w2 = 1.0 - w0 - w1
            if w0 >= 0.0 and w1 >= 0.0 and w2 >= 0.0:
                depth = w0 * p0[2] + w1 * p1[2] + w2 * p2[2]
                step = wp.clamp((depth - near) / (far - near), 0.0, 1.0) * DEPTH_STEPS
                word = (wp.uint64(step) << wp.uint64(32)) | wp.uint64(t)
                wp.atomic_min(buffer, y, x, word)


@wp.kernel
def interpolate(
    buffer: wp.array2d(dtype=wp.uint64),
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    values: wp.array(dtype=wp.vec4),
    triangle: wp.array2d(dtype=wp.int32),
    result: wp.array2d(dtype=wp.vec4),
):
    """Write each covered pixel's triangle and the four values of its vertices (V, 4) at its centre, right in perspective."""
    y, x = wp.tid()
    word = buffer[y, x]
    if word == NOTHING:
        triangle[y, x] = -1
        return
    t = wp.int32(word & wp.uint64(0xFFFFFFFF))
    triangle[y, x] = t
    corners = triangles[t]
    p0 = points[corners[0]]
    p1 = points[corners[1]]
    p2 = points[corners[2]]
    a = wp.vec2(p0[0], p0[1])
    b = wp.vec2(p1[0], p1[1])
    c = wp.vec2(p2[0], p2[1])
    p = wp.vec2(float(x) + 0.5, float(y) + 0.5)
    w0 = edge(b, c, p) / p0[2]
    w1 = edge(c, a, p) / p1[2]
    w2 = edge(a, b, p) / p2[2]
    inverse = 1.0 / (w0 + w1 + w2)
    result[y, x] = (w0 * values[corners[0]] + w1 * values[corners[1]] + w2 * values[corners[2]]) * inverse


def launch(kernel: Any, dim: Any, inputs: list[Any], device: str) -> None:
    """Run a kernel on `device` and wait for it."""
    wp.launch(kernel, dim=dim, inputs=inputs, device=device)
    if device != "cpu":
        wp.synchronize_device(device)
