"""The Warp kernel that works on face models, written once for the CPU and for CUDA."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc,index"
import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})


@wp.kernel
def combine(
    values: wp.array2d(dtype=wp.vec3),
    start: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    weight: wp.array(dtype=float),
    run: int,
    result: wp.array2d(dtype=wp.vec3),
):
    """Write the weighted sums of each row of `values`; sum i adds the columns from `start` i to the next."""
    row, s = wp.tid()
    for i in range(s * run, wp.min((s + 1) * run, result.shape[1])):
        total = wp.vec3(0.0, 0.0, 0.0)
        for k in range(start[i], start[i + 1]):
            total += weight[k] * values[row, column[k]]
        result[row, i] = total
