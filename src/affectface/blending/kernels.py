"""The Warp kernels that work on pixels, written once for the CPU and for CUDA.

A thread does a run of pixels of one row: on the CPU, the whole row, as finding out which pixel a thread is for costs as
much as the pixel.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc,index"
import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})


@wp.kernel
def average_blocks(
    field: wp.array2d(dtype=wp.vec4),
    inside: wp.array2d(dtype=wp.uint8),
    block: int,
    coarse: wp.array2d(dtype=wp.vec4),
):
    """Average the field's first three values over the inside of each block; the fourth is the inside's share."""
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
def insert_fine(
    field: wp.array2d(dtype=wp.vec4),
    inside: wp.array2d(dtype=wp.uint8),
    neighbours: wp.array2d(dtype=wp.uint8),
    run: int,
    result: wp.array2d(dtype=wp.vec3),
):
    """Put the fine displacement into the continued one, softly where not all 25 `neighbours` are inside."""
    y, s = wp.tid()
    for x in range(s * run, wp.min((s + 1) * run, field.shape[1])):
        if inside[y, x] != wp.uint8(0):
            soft = wp.max(float(neighbours[y, x]) * 0.08 - 1.0, 0.0)
            fine = field[y, x]
            smooth = result[y, x]
            result[y, x] = wp.vec3(
                smooth[0] + (fine[0] - smooth[0]) * soft, smooth[1] + (fine[1] - smooth[1]) * soft, smooth[2]
            )


@wp.func
def cubic_weights(t: float) -> wp.vec4:
    """The weights of the pixels at -1, 0, 1 and 2 for a place t between 0 and 1, as sharp as OpenCV's."""
    r = 1.0 - t
    a = -0.75 * t * r * r
    b = (1.25 * t - 2.25) * t * t + 1.0
    d = -0.75 * r * t * t
    return wp.vec4(a, b, 1.0 - a - b - d, d)


@wp.func
def to_byte(value: float) -> wp.uint8:
    """The nearest number of a pixel."""
    return wp.uint8(int(wp.clamp(value + 0.5, 0.0, 255.0)))


@wp.kernel
def look_up_pixels(
    framed: wp.array(dtype=wp.vec4),
    field: wp.array2d(dtype=wp.vec3),
    still: float,
    run: int,
    result: wp.array2d(dtype=wp.vec3ub),
):
    """Replace each pixel that is not still by the one its displacement points at, times the change of light.

    The image is `framed` by two more pixels on each side, so that no look-up has to be checked.
    """
    y, s = wp.tid()
    width = field.shape[1]
    stride = width + 4
    right = float(width) + 0.999
    bottom = float(field.shape[0]) + 0.999
    for x in range(s * run, wp.min((s + 1) * run, width)):
        move = field[y, x]
        if wp.max(wp.max(wp.abs(move[0]), wp.abs(move[1])), wp.abs(move[2])) >= still:
            px = wp.clamp(float(x) + move[0] + 1.0, 0.0, right)
            py = wp.clamp(float(y) + move[1] + 1.0, 0.0, bottom)
            x0 = int(px)
            y0 = int(py)
            a = cubic_weights(px - float(x0))
            b = cubic_weights(py - float(y0))
            i = y0 * stride + x0
            j = i + stride
            k = j + stride
            m = k + stride
            top = a[0] * framed[i] + a[1] * framed[i + 1] + a[2] * framed[i + 2] + a[3] * framed[i + 3]
            upper = a[0] * framed[j] + a[1] * framed[j + 1] + a[2] * framed[j + 2] + a[3] * framed[j + 3]
            lower = a[0] * framed[k] + a[1] * framed[k + 1] + a[2] * framed[k + 2] + a[3] * framed[k + 3]
            low = a[0] * framed[m] + a[1] * framed[m + 1] + a[2] * framed[m + 2] + a[3] * framed[m + 3]
            colour = (b[0] * top + b[1] * upper + b[2] * lower + b[3] * low) * wp.exp(move[2])
            result[y, x] = wp.vec3ub(to_byte(colour[0]), to_byte(colour[1]), to_byte(colour[2]))
