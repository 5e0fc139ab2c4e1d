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
