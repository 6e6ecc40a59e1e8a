"""caffe: what `import caffe` of BVLC's pycaffe offers, computed by PyTorch."""

from ._caffe import (
    CaffeError,
    FormatError,
    Layer,
    LayerError,
    NetError,
    SolverError,
    __version__,
    get_solver,
    has_nccl,
    layer_type_list,
    set_data_workers,
    set_device,
    set_dialect,
    set_mode_cpu,
    set_mode_gpu,
    set_multiprocess,
    set_precision,
    set_random_seed,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
    torch_module,
)
from ._caffe.formats.crop_offsets import align_crops
from ._caffe.formats.definitions import read_net
from ._caffe.formats.prototxt import read_solver
from ._caffe.log import init_log, log, set_logging_disabled
from .proto.caffe_pb2 import TEST, TRAIN
from .pycaffe import (
    NCCL,
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    Net,
    RMSPropSolver,
    SGDSolver,
    Timer,
)

from .classifier import Classifier  # isort: skip  (these build on Net)
from .detector import Detector  # isort: skip
from . import export, importing, io  # isort: skip
from .net_spec import NetSpec, layers, params, to_proto  # isort: skip

__all__ = [
    "AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "CaffeError", "Classifier", "Detector",
    "FormatError", "Layer", "LayerError", "NCCL", "NesterovSolver", "Net", "NetError", "NetSpec",
    "RMSPropSolver", "SGDSolver", "SolverError", "TEST", "TRAIN", "Timer", "__version__",
    "align_crops", "export", "get_solver", "has_nccl", "importing", "init_log", "io",
    "layer_type_list", "layers", "log", "params", "read_net", "read_solver", "set_data_workers",
    "set_device", "set_dialect", "set_logging_disabled", "set_mode_cpu", "set_mode_gpu",
    "set_multiprocess", "set_precision", "set_random_seed", "set_solver_count",
    "set_solver_rank", "solver_count", "solver_rank", "to_proto", "torch_module",
]  # fmt: skip
