"""The Warp kernels that work on face models."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc,index,operator,arg-type"
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


@wp.kernel
def see_triangles(
    pixels: wp.array(dtype=wp.vec3d),
    triangles: wp.array(dtype=wp.vec3i),
    nearest: wp.array2d(dtype=wp.float64),
    triangle: wp.array2d(dtype=wp.int32),
    weights: wp.array2d(dtype=wp.vec3),
):
    """Write into each pixel the triangle that is nearest at its centre, seen from either side, and where in it.

    One thread draws them all, in their order: for work done once per model, on the CPU.
    """
    half = wp.float64(0.5)
    edge = wp.float64(-1e-9)
    far = wp.float64(1e6)
    for t in range(triangles.shape[0]):
        a = pixels[triangles[t][0]]
        b = pixels[triangles[t][1]]
        c = pixels[triangles[t][2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if wp.abs(area) >= wp.float64(1e-12):
            x_first = int(wp.clamp(wp.ceil(wp.min(wp.min(a[0], b[0]), c[0]) - half), wp.float64(0.0), far))
            x_last = int(wp.clamp(wp.floor(wp.max(wp.max(a[0], b[0]), c[0]) - half), wp.float64(-1.0), far))
            y_first = int(wp.clamp(wp.ceil(wp.min(wp.min(a[1], b[1]), c[1]) - half), wp.float64(0.0), far))
            y_last = int(wp.clamp(wp.floor(wp.max(wp.max(a[1], b[1]), c[1]) - half), wp.float64(-1.0), far))
            for row in range(y_first, wp.min(y_last + 1, nearest.shape[0])):
                for column in range(x_first, wp.min(x_last + 1, nearest.shape[1])):
                    x = wp.float64(column) + half
                    y = wp.float64(row) + half
                    u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
                    v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
                    w = wp.float64(1.0) - u - v
                    if u >= edge and v >= edge and w >= edge:
                        depth = u * a[2] + v * b[2] + w * c[2]
                        if depth < nearest[row, column]:
                            nearest[row, column] = depth
                            triangle[row, column] = t
                            weights[row, column] = wp.vec3(float(u), float(v), float(w))
