"""The Warp kernels that work on pixels, written once for the CPU and for CUDA."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc"
import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})

CUBIC = wp.constant(-0.75)
"""Sharpness of the cubic kernel; what OpenCV uses."""


@wp.kernel
def average_blocks(
    field: wp.array2d(dtype=wp.vec4),
    inside: wp.array2d(dtype=wp.uint8),
    block: int,
    coarse: wp.array2d(dtype=wp.vec4),
):
    """Average the field's first three values over the inside of each block of pixels; the fourth is the inside's share."""
    v, u = wp.tid()
    y_end = wp.min((v + 1) * block, field.shape[0])
    x_end = wp.min((u + 1) * block, field.shape[1])
    total = wp.vec4(0.0, 0.0, 0.0, 0.0)
    count = float(0.0)
    for y in range(v * block, y_end):
        for x in range(u * block, x_end):
            if inside[y, x] != wp.uint8(0):
                total += field[y, x]
                count += 1.0
    mean = total / wp.max(count, 1.0)
    area = float((y_end - v * block) * (x_end - u * block))
    coarse[v, u] = wp.vec4(mean[0], mean[1], mean[2], count / area)


@wp.kernel
def refine_field(
    field: wp.array2d(dtype=wp.vec4),
    neighbours: wp.array2d(dtype=wp.uint8),
    inside: wp.array2d(dtype=wp.uint8),
    coarse: wp.array2d(dtype=wp.vec3),
    block: int,
    result: wp.array2d(dtype=wp.vec3),
):
    """Take the coarse field, and well inside the fine displacement; of 25 `neighbours` counts those inside."""
    y, x = wp.tid()
    u = (float(x) + 0.5) / float(block) - 0.5
    v = (float(y) + 0.5) / float(block) - 0.5
    u = wp.clamp(u, 0.0, float(coarse.shape[1] - 1))
    v = wp.clamp(v, 0.0, float(coarse.shape[0] - 1))
    u0 = int(u)
    v0 = int(v)
    u1 = wp.min(u0 + 1, coarse.shape[1] - 1)
    v1 = wp.min(v0 + 1, coarse.shape[0] - 1)
    s = u - float(u0)
    t = v - float(v0)
    top = coarse[v0, u0] * (1.0 - s) + coarse[v0, u1] * s
    bottom = coarse[v1, u0] * (1.0 - s) + coarse[v1, u1] * s
    value = top * (1.0 - t) + bottom * t
    dx = value[0]
    dy = value[1]
    if inside[y, x] != wp.uint8(0):
        soft = wp.clamp(2.0 * float(neighbours[y, x]) / 25.0 - 1.0, 0.0, 1.0)
        dx += (field[y, x][0] - dx) * soft
        dy += (field[y, x][1] - dy) * soft
    result[y, x] = wp.vec3(dx, dy, value[2])


@wp.func
def cubic_weights(t: float) -> wp.vec4:
    """The weights of the pixels at -1, 0, 1 and 2 for a place t between 0 and 1."""
    a = ((CUBIC * (t + 1.0) - 5.0 * CUBIC) * (t + 1.0) + 8.0 * CUBIC) * (t + 1.0) - 4.0 * CUBIC
    b = ((CUBIC + 2.0) * t - (CUBIC + 3.0)) * t * t + 1.0
    r = 1.0 - t
    c = ((CUBIC + 2.0) * r - (CUBIC + 3.0)) * r * r + 1.0
    return wp.vec4(a, b, c, 1.0 - a - b - c)


@wp.kernel
def look_up_pixels(
    image: wp.array(dtype=wp.uint8),
    field: wp.array2d(dtype=wp.vec3),
    still: float,
    result: wp.array(dtype=wp.uint8),
):
    """Look up each pixel where its displacement points, cubic, edge pixels repeated, times the change of light."""
    y, x = wp.tid()
    height = field.shape[0]
    width = field.shape[1]
    at = 3 * (y * width + x)
    move = field[y, x]
    if wp.max(wp.max(wp.abs(move[0]), wp.abs(move[1])), wp.abs(move[2])) < still:
        result[at] = image[at]
        result[at + 1] = image[at + 1]
        result[at + 2] = image[at + 2]
        return
    fx = wp.clamp(float(x) + move[0], -2.0, float(width) + 1.0)
    fy = wp.clamp(float(y) + move[1], -2.0, float(height) + 1.0)
    x0 = int(wp.floor(fx))
    y0 = int(wp.floor(fy))
    wx = cubic_weights(fx - float(x0))
    wy = cubic_weights(fy - float(y0))
    c0 = 3 * wp.clamp(x0 - 1, 0, width - 1)
    c1 = 3 * wp.clamp(x0, 0, width - 1)
    c2 = 3 * wp.clamp(x0 + 1, 0, width - 1)
    c3 = 3 * wp.clamp(x0 + 2, 0, width - 1)
    red = float(0.0)
    green = float(0.0)
    blue = float(0.0)
    for k in range(4):
        row = 3 * width * wp.clamp(y0 - 1 + k, 0, height - 1)
        p0 = row + c0
        p1 = row + c1
        p2 = row + c2
        p3 = row + c3
        red += wy[k] * (
            wx[0] * float(image[p0]) + wx[1] * float(image[p1]) + wx[2] * float(image[p2]) + wx[3] * float(image[p3])
        )
        green += wy[k] * (
            wx[0] * float(image[p0 + 1])
            + wx[1] * float(image[p1 + 1])
            + wx[2] * float(image[p2 + 1])
            + wx[3] * float(image[p3 + 1])
        )
        blue += wy[k] * (
            wx[0] * float(image[p0 + 2])
            + wx[1] * float(image[p1 + 2])
            + wx[2] * float(image[p2 + 2])
            + wx[3] * float(image[p3 + 2])
        )
    light = wp.exp(move[2])
    result[at] = wp.uint8(wp.clamp(red * light + 0.5, 0.0, 255.0))
    result[at + 1] = wp.uint8(wp.clamp(green * light + 0.5, 0.0, 255.0))
    result[at + 2] = wp.uint8(wp.clamp(blue * light + 0.5, 0.0, 255.0))
