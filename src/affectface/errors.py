"""What can go wrong with a picture, a file or a request: one typed error each.

A wrong argument of a Python call is a plain ``ValueError`` (see `affectface.arrays`). What stands here is what bulk
work catches, writes to its table and passes, and what the command line prints as one line before it exits with 2.
Every message says what was found, what is needed, and what to do.
"""


class AffectFaceError(Exception):
    """A picture, file or request that cannot be processed."""


class TargetError(AffectFaceError, ValueError):
    """An affect that cannot be asked for: not a number, out of range, or an unknown name."""


class ImageError(AffectFaceError):
    """A file that cannot be read or written as an image or a clip."""


class FaceNotFoundError(AffectFaceError):
    """An image without a face, or without the face of the asked index."""


class FaceTooSmallError(AffectFaceError):
    """A face with too few pixels to be fitted."""


class ExtremePoseError(AffectFaceError):
    """A face turned too far away from the camera to be fitted."""


class ModelFileError(AffectFaceError):
    """A face model, affect model or fit file that is damaged, hostile or of another format."""


class MeshSetError(AffectFaceError):
    """Meshes, or a table of people, of which no face model can be built."""


class TopologyMismatchError(AffectFaceError):
    """Two models that do not belong together, such as an affect model made for another face model."""


class AssetError(AffectFaceError):
    """An asset that is missing, unknown, or whose checksum is wrong."""


class LandmarkFileError(AffectFaceError):
    """A file of landmarks that cannot be read or written."""


class MissingPackageError(AffectFaceError, ImportError):
    """An optional package that is asked for and not installed."""


class AnnotationError(AffectFaceError):
    """Annotations that cannot be read, or that do not belong together."""


class GalleryError(AffectFaceError):
    """Labelled faces that cannot be read, or from which nothing can be learned."""


class DataSetError(AffectFaceError):
    """A data set, or its manifest, that is damaged, laid out in another way, or lacks what is asked for."""


class DeviceError(AffectFaceError):
    """A device that is asked for and is not there."""


class LeakError(AffectFaceError):
    """People who are shown both in what a recogniser learned from and in what it is tested on."""
