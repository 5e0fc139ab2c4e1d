"""The Warp kernels that draw meshes, written once for the CPU and for CUDA.

A kernel's arguments are grouped as: what is drawn, where, and the result. Pictures are flat, row by row, so that one
buffer serves pictures of any size. Depth and triangle share one 64-bit word, so
that one atomic minimum settles which triangle is in front, and ties go to the smaller index on every device. Sums over
the triangles around a vertex are gathered, not scattered: their order, hence the last bit, is the same in every run.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,valid-type,misc,operator,arg-type"

import warp as wp

wp.set_module_options({"enable_backward": False, "fast_math": False})

NOTHING = wp.constant(wp.uint64(0xFFFFFFFFFFFFFFFF))
NO_LABEL = wp.constant(wp.uint8(255))
DEPTH_STEPS = wp.constant(16777216.0)


@wp.struct
class View:
    """A camera: model space to camera space, cm, and on to pixels."""

    turn: wp.mat33
    translation: wp.vec3
    focal: float
    centre: wp.vec2


@wp.func
def projected(vertex: wp.vec3, view: View, shift: wp.vec2):
    """A vertex in pixels, and its depth."""
    camera = view.turn * vertex + view.translation
    scale = view.focal / camera[2]
    return wp.vec3(
        camera[0] * scale + view.centre[0] + shift[0], camera[1] * scale + view.centre[1] + shift[1], camera[2]
    )


@wp.func
def turned_normal(
    vertex: wp.vec3, vertices: wp.array(dtype=wp.vec3), ring: wp.array(dtype=wp.vec2i), start: int, end: int, view: View
):
    """The normal at a vertex in camera space, each triangle around it counted by its area."""
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(start, end):
        total += wp.cross(vertices[ring[k][0]] - vertex, vertices[ring[k][1]] - vertex)
    return view.turn * total / wp.max(wp.length(total), 1e-12)


@wp.kernel
def place_vertices(
    vertices: wp.array(dtype=wp.vec3),
    index: wp.array(dtype=wp.int32),
    ring_start: wp.array(dtype=wp.int32),
    ring: wp.array(dtype=wp.vec2i),
    shift: wp.array(dtype=wp.vec2),
    view: View,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
):
    """Project the chosen vertices, and turn their normals into camera space."""
    i = wp.tid()
    vertex = vertices[index[i]]
    points[i] = projected(vertex, view, shift[i])
    normals[i] = turned_normal(vertex, vertices, ring, ring_start[i], ring_start[i + 1], view)


@wp.kernel
def draw_triangles(
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    near: float,
    far: float,
    both_sides: bool,
    width: int,
    height: int,
    buffer: wp.array(dtype=wp.uint64),
):
    """Write each triangle's depth and index into the pixels whose centre it covers, where it is in front."""
    t = wp.tid()
    i = triangles[t][0]
    j = triangles[t][1]
    k = triangles[t][2]
    a = points[i]
    b = points[j]
    c = points[k]
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    # y points down on the screen: a counter-clockwise triangle of the model has a negative area
    if area == 0.0 or (area > 0.0 and not both_sides):
        return
    x_first = wp.max(int(wp.ceil(wp.min(wp.min(a[0], b[0]), c[0]) - 0.5)), 0)
    x_last = wp.min(int(wp.floor(wp.max(wp.max(a[0], b[0]), c[0]) - 0.5)), width - 1)
    y_first = wp.max(int(wp.ceil(wp.min(wp.min(a[1], b[1]), c[1]) - 0.5)), 0)
    y_last = wp.min(int(wp.floor(wp.max(wp.max(a[1], b[1]), c[1]) - 0.5)), height - 1)
    if x_first > x_last or y_first > y_last:
        return
    # An edge is evaluated from its vertex of smaller index for both of its triangles, so that both compute the same
    # number but for its sign: no pixel between them is lost to rounding. Chosen and not branched, like the pixels
    # below: triangles of a few pixels would spend their time on branches that go either way.
    side = wp.sign(area)
    x0 = wp.where(j > k, c[0], b[0])
    y0 = wp.where(j > k, c[1], b[1])
    x1 = wp.where(k > i, a[0], c[0])
    y1 = wp.where(k > i, a[1], c[1])
    x2 = wp.where(i > j, b[0], a[0])
    y2 = wp.where(i > j, b[1], a[1])
    dx0 = side * (b[1] - c[1])
    dx1 = side * (c[1] - a[1])
    dx2 = side * (a[1] - b[1])
    dy0 = side * (c[0] - b[0])
    dy1 = side * (a[0] - c[0])
    dy2 = side * (b[0] - a[0])
    scale = DEPTH_STEPS / (far - near)
    step_b = (b[2] - a[2]) * scale / wp.abs(area)
    step_c = (c[2] - a[2]) * scale / wp.abs(area)
    step_a = (a[2] - near) * scale
    low = wp.uint64(t)
    for y in range(y_first, y_last + 1):
        py = float(y) + 0.5
        row0 = dy0 * (py - y0)
        row1 = dy1 * (py - y1)
        row2 = dy2 * (py - y2)
        for x in range(x_first, x_last + 1):
            px = float(x) + 0.5
            w0 = dx0 * (px - x0) + row0
            w1 = dx1 * (px - x1) + row1
            w2 = dx2 * (px - x2) + row2
            step = wp.clamp(step_a + w1 * step_b + w2 * step_c, 0.0, DEPTH_STEPS)
            word = (wp.uint64(wp.int32(step)) << wp.uint64(32)) | low
            wp.atomic_min(buffer, y * width + x, wp.where(wp.min(wp.min(w0, w1), w2) >= 0.0, word, NOTHING))


@wp.kernel
def interpolate(
    buffer: wp.array(dtype=wp.uint64),
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    labels: wp.array(dtype=wp.uint8),
    values: wp.array(dtype=wp.vec4),
    width: int,
    run: int,
    label: wp.array(dtype=wp.uint8),
    result: wp.array(dtype=wp.vec4),
):
    """Write each pixel's label and the four values of its triangle's vertices at its centre, right in perspective.

    A thread does a run of pixels of one row: on the CPU, the whole row, as finding out which pixel a thread is for
    costs as much as the pixel.
    """
    y, s = wp.tid()
    py = float(y) + 0.5
    for x in range(s * run, wp.min((s + 1) * run, width)):
        at = y * width + x
        word = buffer[at]
        if word == NOTHING:
            label[at] = NO_LABEL
            result[at] = wp.vec4(0.0, 0.0, 0.0, 0.0)
        else:
            t = wp.int32(word & wp.uint64(0xFFFFFFFF))
            label[at] = labels[t]
            i = triangles[t][0]
            j = triangles[t][1]
            k = triangles[t][2]
            a = points[i]
            b = points[j]
            c = points[k]
            px = float(x) + 0.5
            # weights over depth, all times the three depths: one division in all
            w0 = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) * b[2] * c[2]
            w1 = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) * c[2] * a[2]
            w2 = ((a[0] - px) * (b[1] - py) - (a[1] - py) * (b[0] - px)) * a[2] * b[2]
            result[at] = (w0 * values[i] + w1 * values[j] + w2 * values[k]) / (w0 + w1 + w2)
