"""The Warp kernels that work on pixels, written once for the CPU and for CUDA.

A thread does a run of pixels of one row: on the CPU, the whole row, as finding out which pixel a thread is for costs as
much as the pixel.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc,index"
import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})


@wp.kernel
def insert_fine(
    field: wp.array2d(dtype=wp.vec4),
    inside: wp.array2d(dtype=wp.uint8),
    neighbours: wp.array2d(dtype=wp.uint8),
    continued: wp.array2d(dtype=wp.vec3),
    run: int,
    displacement: wp.array2d(dtype=wp.vec2),
    light: wp.array2d(dtype=float),
):
    """Put the fine displacement into the continued one, softly where not all 25 `neighbours` are inside."""
    y, s = wp.tid()
    for x in range(s * run, wp.min((s + 1) * run, field.shape[1])):
        smooth = continued[y, x]
        there = wp.vec2(smooth[0], smooth[1])
        if inside[y, x] != wp.uint8(0):
            soft = wp.max(float(neighbours[y, x]) * 0.08 - 1.0, 0.0)
            there += (wp.vec2(field[y, x][0], field[y, x][1]) - there) * soft
        displacement[y, x] = there
        light[y, x] = smooth[2]
