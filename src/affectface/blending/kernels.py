"""The Warp kernels that work on pixels, written once for the CPU and for CUDA.

A thread does a run of pixels of one row: on the CPU, the whole row, as finding out which pixel a thread is for costs as
much as the pixel.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc,index"
import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})


@wp.kernel
def average_cells(
    field: wp.array(dtype=wp.vec4),
    inside: wp.array(dtype=wp.uint8),
    width: int,
    height: int,
    step: int,
    samples: int,
    columns: int,
    run: int,
    averages: wp.array(dtype=wp.vec4),
):
    """Average the field's first three values, 0 outside, over cells of `samples` by `samples` pixels, `step` apart.

    The fourth is the share inside. The last pixel and row that are looked at stand for what a cell has beyond them.
    """
    row, s = wp.tid()
    bottom = (height - 1) / step
    right = (width - 1) / step
    share = 1.0 / float(samples * samples)
    for column in range(s * run, wp.min((s + 1) * run, columns)):
        total = wp.vec4(0.0, 0.0, 0.0, 0.0)
        for i in range(samples):
            start = wp.min(row * samples + i, bottom) * step * width
            for j in range(samples):
                at = start + wp.min(column * samples + j, right) * step
                if inside[at] != wp.uint8(0):
                    total += wp.vec4(field[at][0], field[at][1], field[at][2], 1.0)
        averages[row * columns + column] = total * share


@wp.kernel
def insert_fine(
    field: wp.array(dtype=wp.vec4),
    inside: wp.array(dtype=wp.uint8),
    neighbours: wp.array(dtype=wp.uint8),
    continued: wp.array(dtype=wp.vec3),
    stride: int,
    width: int,
    run: int,
    displacement: wp.array(dtype=wp.vec2),
    light: wp.array(dtype=float),
):
    """Put the fine displacement into the continued one, softly where not all 25 `neighbours` are inside.

    Pictures are flat, row by row; the rows of the continued one are `stride` long, those of the others `width`.
    """
    y, s = wp.tid()
    for x in range(s * run, wp.min((s + 1) * run, width)):
        smooth, at = continued[y * stride + x], y * width + x
        there = wp.vec2(smooth[0], smooth[1])
        if inside[at] != wp.uint8(0):
            soft = wp.max(float(neighbours[at]) * 0.08 - 1.0, 0.0)
            there += (wp.vec2(field[at][0], field[at][1]) - there) * soft
        displacement[at] = there
        light[at] = smooth[2]
