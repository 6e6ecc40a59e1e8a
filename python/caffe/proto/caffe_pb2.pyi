from collections.abc import Iterable as _Iterable
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar

from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper

DESCRIPTOR: _descriptor.FileDescriptor

class Phase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRAIN: _ClassVar[Phase]
    TEST: _ClassVar[Phase]

class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOUBLE: _ClassVar[Type]
    FLOAT: _ClassVar[Type]
    FLOAT16: _ClassVar[Type]
    INT: _ClassVar[Type]
    UINT: _ClassVar[Type]
    BOOL: _ClassVar[Type]

class Packing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NCHW: _ClassVar[Packing]
    NHWC: _ClassVar[Packing]

TRAIN: Phase
TEST: Phase
DOUBLE: Type
FLOAT: Type
FLOAT16: Type
INT: Type
UINT: Type
BOOL: Type
NCHW: Packing
NHWC: Packing

class BlobShape(_message.Message):
    __slots__ = ("dim",)
    DIM_FIELD_NUMBER: _ClassVar[int]
    dim: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, dim: _Iterable[int] | None = ...) -> None: ...

class BlobProto(_message.Message):
    __slots__ = (
        "shape",
        "data",
        "diff",
        "double_data",
        "double_diff",
        "num",
        "channels",
        "height",
        "width",
    )
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DIFF_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_DATA_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_DIFF_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    shape: BlobShape
    data: _containers.RepeatedScalarFieldContainer[float]
    diff: _containers.RepeatedScalarFieldContainer[float]
    double_data: _containers.RepeatedScalarFieldContainer[float]
    double_diff: _containers.RepeatedScalarFieldContainer[float]
    num: int
    channels: int
    height: int
    width: int
    def __init__(
        self,
        shape: BlobShape | _Mapping | None = ...,
        data: _Iterable[float] | None = ...,
        diff: _Iterable[float] | None = ...,
        double_data: _Iterable[float] | None = ...,
        double_diff: _Iterable[float] | None = ...,
        num: int | None = ...,
        channels: int | None = ...,
        height: int | None = ...,
        width: int | None = ...,
    ) -> None: ...

class BlobProtoVector(_message.Message):
    __slots__ = ("blobs",)
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    blobs: _containers.RepeatedCompositeFieldContainer[BlobProto]
    def __init__(self, blobs: _Iterable[BlobProto | _Mapping] | None = ...) -> None: ...

class Datum(_message.Message):
    __slots__ = ("channels", "height", "width", "data", "label", "float_data", "encoded")
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    FLOAT_DATA_FIELD_NUMBER: _ClassVar[int]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    channels: int
    height: int
    width: int
    data: bytes
    label: int
    float_data: _containers.RepeatedScalarFieldContainer[float]
    encoded: bool
    def __init__(
        self,
        channels: int | None = ...,
        height: int | None = ...,
        width: int | None = ...,
        data: bytes | None = ...,
        label: int | None = ...,
        float_data: _Iterable[float] | None = ...,
        encoded: bool = ...,
    ) -> None: ...

class FillerParameter(_message.Message):
    __slots__ = (
        "type",
        "value",
        "min",
        "max",
        "mean",
        "std",
        "sparse",
        "variance_norm",
        "num_groups",
        "diag_val",
        "scale",
        "alpha",
    )
    class VarianceNorm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FAN_IN: _ClassVar[FillerParameter.VarianceNorm]
        FAN_OUT: _ClassVar[FillerParameter.VarianceNorm]
        AVERAGE: _ClassVar[FillerParameter.VarianceNorm]

    FAN_IN: FillerParameter.VarianceNorm
    FAN_OUT: FillerParameter.VarianceNorm
    AVERAGE: FillerParameter.VarianceNorm
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STD_FIELD_NUMBER: _ClassVar[int]
    SPARSE_FIELD_NUMBER: _ClassVar[int]
    VARIANCE_NORM_FIELD_NUMBER: _ClassVar[int]
    NUM_GROUPS_FIELD_NUMBER: _ClassVar[int]
    DIAG_VAL_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    type: str
    value: float
    min: float
    max: float
    mean: float
    std: float
    sparse: int
    variance_norm: FillerParameter.VarianceNorm
    num_groups: int
    diag_val: _containers.RepeatedScalarFieldContainer[float]
    scale: float
    alpha: float
    def __init__(
        self,
        type: str | None = ...,
        value: float | None = ...,
        min: float | None = ...,
        max: float | None = ...,
        mean: float | None = ...,
        std: float | None = ...,
        sparse: int | None = ...,
        variance_norm: FillerParameter.VarianceNorm | str | None = ...,
        num_groups: int | None = ...,
        diag_val: _Iterable[float] | None = ...,
        scale: float | None = ...,
        alpha: float | None = ...,
    ) -> None: ...

class NetParameter(_message.Message):
    __slots__ = (
        "name",
        "layer",
        "layers",
        "state",
        "force_backward",
        "debug_info",
        "input",
        "input_shape",
        "input_dim",
        "mem_param",
        "default_forward_type",
        "default_backward_type",
        "default_forward_math",
        "default_backward_math",
        "global_grad_scale",
        "global_grad_scale_adaptive",
        "default_conv_algos_override",
        "reduce_buckets",
        "default_cudnn_math_override",
        "eltwise_mem_sharing",
        "compile_net_state",
        "engine",
        "bn_stats_batch_size",
        "multinode",
        "dialect",
    )
    NAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FORCE_BACKWARD_FIELD_NUMBER: _ClassVar[int]
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    MEM_PARAM_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FORWARD_TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BACKWARD_TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FORWARD_MATH_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BACKWARD_MATH_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_GRAD_SCALE_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_GRAD_SCALE_ADAPTIVE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_CONV_ALGOS_OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    REDUCE_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_CUDNN_MATH_OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_MEM_SHARING_FIELD_NUMBER: _ClassVar[int]
    COMPILE_NET_STATE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    BN_STATS_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    MULTINODE_FIELD_NUMBER: _ClassVar[int]
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    name: str
    layer: _containers.RepeatedCompositeFieldContainer[LayerParameter]
    layers: _containers.RepeatedCompositeFieldContainer[V1LayerParameter]
    state: NetState
    force_backward: bool
    debug_info: bool
    input: _containers.RepeatedScalarFieldContainer[str]
    input_shape: _containers.RepeatedCompositeFieldContainer[BlobShape]
    input_dim: _containers.RepeatedScalarFieldContainer[int]
    mem_param: MemoryOptimizationParameter
    default_forward_type: Type
    default_backward_type: Type
    default_forward_math: Type
    default_backward_math: Type
    global_grad_scale: float
    global_grad_scale_adaptive: bool
    default_conv_algos_override: str
    reduce_buckets: int
    default_cudnn_math_override: int
    eltwise_mem_sharing: bool
    compile_net_state: CompileNetState
    engine: str
    bn_stats_batch_size: int
    multinode: MultinodeParameter
    dialect: str
    def __init__(
        self,
        name: str | None = ...,
        layer: _Iterable[LayerParameter | _Mapping] | None = ...,
        layers: _Iterable[V1LayerParameter | _Mapping] | None = ...,
        state: NetState | _Mapping | None = ...,
        force_backward: bool = ...,
        debug_info: bool = ...,
        input: _Iterable[str] | None = ...,
        input_shape: _Iterable[BlobShape | _Mapping] | None = ...,
        input_dim: _Iterable[int] | None = ...,
        mem_param: MemoryOptimizationParameter | _Mapping | None = ...,
        default_forward_type: Type | str | None = ...,
        default_backward_type: Type | str | None = ...,
        default_forward_math: Type | str | None = ...,
        default_backward_math: Type | str | None = ...,
        global_grad_scale: float | None = ...,
        global_grad_scale_adaptive: bool = ...,
        default_conv_algos_override: str | None = ...,
        reduce_buckets: int | None = ...,
        default_cudnn_math_override: int | None = ...,
        eltwise_mem_sharing: bool = ...,
        compile_net_state: CompileNetState | _Mapping | None = ...,
        engine: str | None = ...,
        bn_stats_batch_size: int | None = ...,
        multinode: MultinodeParameter | _Mapping | None = ...,
        dialect: str | None = ...,
    ) -> None: ...

class NetState(_message.Message):
    __slots__ = ("phase", "level", "stage")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    phase: Phase
    level: int
    stage: _containers.RepeatedScalarFieldContainer[str]
    def __init__(
        self,
        phase: Phase | str | None = ...,
        level: int | None = ...,
        stage: _Iterable[str] | None = ...,
    ) -> None: ...

class NetStateRule(_message.Message):
    __slots__ = ("phase", "min_level", "max_level", "stage", "not_stage")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    MAX_LEVEL_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    NOT_STAGE_FIELD_NUMBER: _ClassVar[int]
    phase: Phase
    min_level: int
    max_level: int
    stage: _containers.RepeatedScalarFieldContainer[str]
    not_stage: _containers.RepeatedScalarFieldContainer[str]
    def __init__(
        self,
        phase: Phase | str | None = ...,
        min_level: int | None = ...,
        max_level: int | None = ...,
        stage: _Iterable[str] | None = ...,
        not_stage: _Iterable[str] | None = ...,
    ) -> None: ...

class ParamSpec(_message.Message):
    __slots__ = ("name", "share_mode", "lr_mult", "decay_mult")
    class DimCheckMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STRICT: _ClassVar[ParamSpec.DimCheckMode]
        PERMISSIVE: _ClassVar[ParamSpec.DimCheckMode]

    STRICT: ParamSpec.DimCheckMode
    PERMISSIVE: ParamSpec.DimCheckMode
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHARE_MODE_FIELD_NUMBER: _ClassVar[int]
    LR_MULT_FIELD_NUMBER: _ClassVar[int]
    DECAY_MULT_FIELD_NUMBER: _ClassVar[int]
    name: str
    share_mode: ParamSpec.DimCheckMode
    lr_mult: float
    decay_mult: float
    def __init__(
        self,
        name: str | None = ...,
        share_mode: ParamSpec.DimCheckMode | str | None = ...,
        lr_mult: float | None = ...,
        decay_mult: float | None = ...,
    ) -> None: ...

class LayerParameter(_message.Message):
    __slots__ = (
        "name",
        "type",
        "bottom",
        "top",
        "phase",
        "loss_weight",
        "param",
        "blobs",
        "propagate_down",
        "include",
        "exclude",
        "transform_param",
        "loss_param",
        "accuracy_param",
        "argmax_param",
        "batch_norm_param",
        "bias_param",
        "clip_param",
        "concat_param",
        "contrastive_loss_param",
        "convolution_param",
        "crop_param",
        "data_param",
        "dropout_param",
        "dummy_data_param",
        "eltwise_param",
        "elu_param",
        "embed_param",
        "exp_param",
        "flatten_param",
        "hdf5_data_param",
        "hdf5_output_param",
        "hinge_loss_param",
        "image_data_param",
        "infogain_loss_param",
        "inner_product_param",
        "input_param",
        "log_param",
        "lrn_param",
        "memory_data_param",
        "mvn_param",
        "parameter_param",
        "pooling_param",
        "power_param",
        "prelu_param",
        "python_param",
        "recurrent_param",
        "reduction_param",
        "relu_param",
        "reshape_param",
        "scale_param",
        "sigmoid_param",
        "slice_param",
        "softmax_param",
        "spp_param",
        "swish_param",
        "tanh_param",
        "threshold_param",
        "tile_param",
        "window_data_param",
        "annotated_data_param",
        "detection_evaluate_param",
        "detection_output_param",
        "multibox_loss_param",
        "norm_param",
        "permute_param",
        "prior_box_param",
        "video_data_param",
        "bn_param",
        "adaptive_bias_channel_param",
        "bias_channel_param",
        "dense_crf_param",
        "domain_transform_param",
        "interp_param",
        "mat_read_param",
        "mat_write_param",
        "seg_accuracy_param",
        "unique_label_param",
        "strict_dim",
        "censor_label_param",
        "channel_aggregator_param",
        "dominant_channel_param",
        "euclidean_loss_param",
        "gain_channel_param",
        "histogram_param",
        "ignore_overlay_param",
        "onehot_param",
        "padding_param",
        "softmaxloss_param",
        "multi_stage_meanfield_param",
        "dense_image_data_param",
        "upsample_param",
        "roi_pooling_param",
        "smooth_l1_loss_param",
        "box_annotator_ohem_param",
        "psroi_pooling_param",
        "mask_resize_param",
        "roi_warping_param",
        "bin_label_data_param",
        "image_label_data_param",
        "loss_statistic_param",
        "repack_param",
        "running_average_param",
        "statistical_loss_param",
        "densecrf_param",
        "correlation_param",
        "l1_loss_param",
        "mean_param",
        "resample_param",
        "downsample_param",
        "lpq_loss_param",
        "flow_warp_param",
        "accum_param",
        "reshape_every_iter",
        "lstm_param",
        "convolution3d_param",
        "pooling3d_param",
        "down_sampling_param",
        "binary_accuracy_param",
        "eltwise_accuracy_param",
        "red_softmax_loss_param",
        "red_accuracy_param",
        "select_seg_binary_param",
        "unpooling_param",
        "window_cls_data_param",
        "seg_data_param",
        "color_conv_param",
        "forward_type",
        "backward_type",
        "forward_math",
        "backward_math",
        "debug",
        "cudnn_math_override",
        "trt_param",
        "detectnet_groundtruth_param",
        "detectnet_augmentation_param",
        "region_loss_param",
        "reorg_param",
        "split_param",
        "spatial_dropout_param",
        "engine",
        "multinode",
        "quantization_param",
        "eval_detection_param",
        "eltwise_affine_param",
        "center_loss_param",
        "flip_param",
        "inner_distance_param",
        "normalize_param",
        "general_contrastive_loss_param",
        "general_triplet_loss_param",
        "proposal_param",
        "largemargin_inner_product_param",
        "label_specific_rescale_param",
        "margin_inner_product_param",
        "label_specific_add_param",
        "detection_loss_param",
        "detection_accuracy_param",
        "box_output_param",
        "proposal_target_param",
        "image_gt_data_param",
        "bbox_reg_param",
        "relu6_param",
        "yolov3_param",
        "yolo_seg_param",
        "segmentation_evaluate_param",
        "yolo_detection_output_param",
        "yolov3_detection_output_param",
        "shuffle_channel_param",
        "selu_dropout_param",
        "ctc_loss_param",
        "continuation_indicator_param",
        "labelsequence_accuracy_param",
        "reverse_param",
        "transpose_param",
        "rotate_pooling_param",
        "permutohedral_param",
        "pixel_feature_param",
        "rank_param",
        "rescale_param",
        "pooling_nd_param",
        "cpm_transform_param",
        "source_class",
        "cos_data_param",
        "filter_param",
        "rrelu_param",
        "apl_param",
        "decode_bbox_param",
        "selu_param",
        "augmentation_param",
    )
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    PARAM_FIELD_NUMBER: _ClassVar[int]
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    PROPAGATE_DOWN_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    ARGMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    BATCH_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    BIAS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CLIP_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONCAT_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONVOLUTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    CROP_PARAM_FIELD_NUMBER: _ClassVar[int]
    DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DUMMY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    EMBED_PARAM_FIELD_NUMBER: _ClassVar[int]
    EXP_PARAM_FIELD_NUMBER: _ClassVar[int]
    FLATTEN_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    HINGE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    INFOGAIN_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    INPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOG_PARAM_FIELD_NUMBER: _ClassVar[int]
    LRN_PARAM_FIELD_NUMBER: _ClassVar[int]
    MEMORY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    MVN_PARAM_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_PARAM_FIELD_NUMBER: _ClassVar[int]
    POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    POWER_PARAM_FIELD_NUMBER: _ClassVar[int]
    PRELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    PYTHON_PARAM_FIELD_NUMBER: _ClassVar[int]
    RECURRENT_PARAM_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    RELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESHAPE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SIGMOID_PARAM_FIELD_NUMBER: _ClassVar[int]
    SLICE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPP_PARAM_FIELD_NUMBER: _ClassVar[int]
    SWISH_PARAM_FIELD_NUMBER: _ClassVar[int]
    TANH_PARAM_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_PARAM_FIELD_NUMBER: _ClassVar[int]
    TILE_PARAM_FIELD_NUMBER: _ClassVar[int]
    WINDOW_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ANNOTATED_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTION_EVALUATE_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTION_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    MULTIBOX_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    PERMUTE_PARAM_FIELD_NUMBER: _ClassVar[int]
    PRIOR_BOX_PARAM_FIELD_NUMBER: _ClassVar[int]
    VIDEO_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    BN_PARAM_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_BIAS_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    BIAS_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    DENSE_CRF_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    INTERP_PARAM_FIELD_NUMBER: _ClassVar[int]
    MAT_READ_PARAM_FIELD_NUMBER: _ClassVar[int]
    MAT_WRITE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEG_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_LABEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    STRICT_DIM_FIELD_NUMBER: _ClassVar[int]
    CENSOR_LABEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_AGGREGATOR_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOMINANT_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    EUCLIDEAN_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    GAIN_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    HISTOGRAM_PARAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_OVERLAY_PARAM_FIELD_NUMBER: _ClassVar[int]
    ONEHOT_PARAM_FIELD_NUMBER: _ClassVar[int]
    PADDING_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAXLOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    MULTI_STAGE_MEANFIELD_PARAM_FIELD_NUMBER: _ClassVar[int]
    DENSE_IMAGE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    UPSAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ROI_POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    SMOOTH_L1_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    BOX_ANNOTATOR_OHEM_PARAM_FIELD_NUMBER: _ClassVar[int]
    PSROI_POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    MASK_RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ROI_WARPING_PARAM_FIELD_NUMBER: _ClassVar[int]
    BIN_LABEL_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_LABEL_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOSS_STATISTIC_PARAM_FIELD_NUMBER: _ClassVar[int]
    REPACK_PARAM_FIELD_NUMBER: _ClassVar[int]
    RUNNING_AVERAGE_PARAM_FIELD_NUMBER: _ClassVar[int]
    STATISTICAL_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    DENSECRF_PARAM_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    L1_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    MEAN_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOWNSAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    LPQ_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    FLOW_WARP_PARAM_FIELD_NUMBER: _ClassVar[int]
    ACCUM_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESHAPE_EVERY_ITER_FIELD_NUMBER: _ClassVar[int]
    LSTM_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONVOLUTION3D_PARAM_FIELD_NUMBER: _ClassVar[int]
    POOLING3D_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOWN_SAMPLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    BINARY_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    RED_SOFTMAX_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    RED_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    SELECT_SEG_BINARY_PARAM_FIELD_NUMBER: _ClassVar[int]
    UNPOOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    WINDOW_CLS_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEG_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    COLOR_CONV_PARAM_FIELD_NUMBER: _ClassVar[int]
    FORWARD_TYPE_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_TYPE_FIELD_NUMBER: _ClassVar[int]
    FORWARD_MATH_FIELD_NUMBER: _ClassVar[int]
    BACKWARD_MATH_FIELD_NUMBER: _ClassVar[int]
    DEBUG_FIELD_NUMBER: _ClassVar[int]
    CUDNN_MATH_OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    TRT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTNET_GROUNDTRUTH_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTNET_AUGMENTATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    REGION_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    REORG_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPLIT_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MULTINODE_FIELD_NUMBER: _ClassVar[int]
    QUANTIZATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    EVAL_DETECTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_AFFINE_PARAM_FIELD_NUMBER: _ClassVar[int]
    CENTER_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    FLIP_PARAM_FIELD_NUMBER: _ClassVar[int]
    INNER_DISTANCE_PARAM_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    GENERAL_CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    GENERAL_TRIPLET_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_PARAM_FIELD_NUMBER: _ClassVar[int]
    LARGEMARGIN_INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    LABEL_SPECIFIC_RESCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    MARGIN_INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    LABEL_SPECIFIC_ADD_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTION_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTION_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    BOX_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_TARGET_PARAM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_GT_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    BBOX_REG_PARAM_FIELD_NUMBER: _ClassVar[int]
    RELU6_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLOV3_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLO_SEG_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_EVALUATE_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLO_DETECTION_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLOV3_DETECTION_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    SELU_DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    CTC_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONTINUATION_INDICATOR_PARAM_FIELD_NUMBER: _ClassVar[int]
    LABELSEQUENCE_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    REVERSE_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ROTATE_POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    PERMUTOHEDRAL_PARAM_FIELD_NUMBER: _ClassVar[int]
    PIXEL_FEATURE_PARAM_FIELD_NUMBER: _ClassVar[int]
    RANK_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    POOLING_ND_PARAM_FIELD_NUMBER: _ClassVar[int]
    CPM_TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CLASS_FIELD_NUMBER: _ClassVar[int]
    COS_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    FILTER_PARAM_FIELD_NUMBER: _ClassVar[int]
    RRELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    APL_PARAM_FIELD_NUMBER: _ClassVar[int]
    DECODE_BBOX_PARAM_FIELD_NUMBER: _ClassVar[int]
    SELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    AUGMENTATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    bottom: _containers.RepeatedScalarFieldContainer[str]
    top: _containers.RepeatedScalarFieldContainer[str]
    phase: Phase
    loss_weight: _containers.RepeatedScalarFieldContainer[float]
    param: _containers.RepeatedCompositeFieldContainer[ParamSpec]
    blobs: _containers.RepeatedCompositeFieldContainer[BlobProto]
    propagate_down: _containers.RepeatedScalarFieldContainer[bool]
    include: _containers.RepeatedCompositeFieldContainer[NetStateRule]
    exclude: _containers.RepeatedCompositeFieldContainer[NetStateRule]
    transform_param: TransformationParameter
    loss_param: LossParameter
    accuracy_param: AccuracyParameter
    argmax_param: ArgMaxParameter
    batch_norm_param: BatchNormParameter
    bias_param: BiasParameter
    clip_param: ClipParameter
    concat_param: ConcatParameter
    contrastive_loss_param: ContrastiveLossParameter
    convolution_param: ConvolutionParameter
    crop_param: CropParameter
    data_param: DataParameter
    dropout_param: DropoutParameter
    dummy_data_param: DummyDataParameter
    eltwise_param: EltwiseParameter
    elu_param: ELUParameter
    embed_param: EmbedParameter
    exp_param: ExpParameter
    flatten_param: FlattenParameter
    hdf5_data_param: HDF5DataParameter
    hdf5_output_param: HDF5OutputParameter
    hinge_loss_param: HingeLossParameter
    image_data_param: ImageDataParameter
    infogain_loss_param: InfogainLossParameter
    inner_product_param: InnerProductParameter
    input_param: InputParameter
    log_param: LogParameter
    lrn_param: LRNParameter
    memory_data_param: MemoryDataParameter
    mvn_param: MVNParameter
    parameter_param: ParameterParameter
    pooling_param: PoolingParameter
    power_param: PowerParameter
    prelu_param: PReLUParameter
    python_param: PythonParameter
    recurrent_param: RecurrentParameter
    reduction_param: ReductionParameter
    relu_param: ReLUParameter
    reshape_param: ReshapeParameter
    scale_param: ScaleParameter
    sigmoid_param: SigmoidParameter
    slice_param: SliceParameter
    softmax_param: SoftmaxParameter
    spp_param: SPPParameter
    swish_param: SwishParameter
    tanh_param: TanHParameter
    threshold_param: ThresholdParameter
    tile_param: TileParameter
    window_data_param: WindowDataParameter
    annotated_data_param: AnnotatedDataParameter
    detection_evaluate_param: DetectionEvaluateParameter
    detection_output_param: DetectionOutputParameter
    multibox_loss_param: MultiBoxLossParameter
    norm_param: NormalizeParameter
    permute_param: PermuteParameter
    prior_box_param: PriorBoxParameter
    video_data_param: VideoDataParameter
    bn_param: BNParameter
    adaptive_bias_channel_param: AdaptiveBiasChannelParameter
    bias_channel_param: BiasChannelParameter
    dense_crf_param: DenseCRFParameter
    domain_transform_param: DomainTransformParameter
    interp_param: InterpParameter
    mat_read_param: MatReadParameter
    mat_write_param: MatWriteParameter
    seg_accuracy_param: SegAccuracyParameter
    unique_label_param: UniqueLabelParameter
    strict_dim: bool
    censor_label_param: CensorLabelParameter
    channel_aggregator_param: ChannelAggregatorParameter
    dominant_channel_param: DominantChannelParameter
    euclidean_loss_param: EuclideanLossParameter
    gain_channel_param: GainChannelParameter
    histogram_param: HistogramParameter
    ignore_overlay_param: IgnoreOverlayParameter
    onehot_param: OneHotParameter
    padding_param: PaddingParameter
    softmaxloss_param: SoftmaxLossParameter
    multi_stage_meanfield_param: MultiStageMeanfieldParameter
    dense_image_data_param: DenseImageDataParameter
    upsample_param: UpsampleParameter
    roi_pooling_param: ROIPoolingParameter
    smooth_l1_loss_param: SmoothL1LossParameter
    box_annotator_ohem_param: BoxAnnotatorOHEMParameter
    psroi_pooling_param: PSROIPoolingParameter
    mask_resize_param: MaskResizeParameter
    roi_warping_param: ROIWarpingParameter
    bin_label_data_param: BinLabelDataParameter
    image_label_data_param: ImageLabelDataParameter
    loss_statistic_param: LossStatisticParameter
    repack_param: RepackParameter
    running_average_param: RunningAverageParameter
    statistical_loss_param: StatisticalLossParameter
    densecrf_param: DensecrfParameter
    correlation_param: CorrelationParameter
    l1_loss_param: L1LossParameter
    mean_param: MeanParameter
    resample_param: ResampleParameter
    downsample_param: DownsampleParameter
    lpq_loss_param: LpqLossParameter
    flow_warp_param: FlowWarpParameter
    accum_param: AccumParameter
    reshape_every_iter: bool
    lstm_param: LstmParameter
    convolution3d_param: Convolution3DParameter
    pooling3d_param: Pooling3DParameter
    down_sampling_param: DownSamplingParameter
    binary_accuracy_param: BinaryAccuracyParameter
    eltwise_accuracy_param: EltwiseAccuracyParameter
    red_softmax_loss_param: RedSoftmaxWithLossParameter
    red_accuracy_param: RedAccuracyParameter
    select_seg_binary_param: SelectSegBinaryParameter
    unpooling_param: UnpoolingParameter
    window_cls_data_param: WindowClsDataParameter
    seg_data_param: SegDataParameter
    color_conv_param: ColorConvParameter
    forward_type: Type
    backward_type: Type
    forward_math: Type
    backward_math: Type
    debug: bool
    cudnn_math_override: int
    trt_param: TRTParameter
    detectnet_groundtruth_param: DetectNetGroundTruthParameter
    detectnet_augmentation_param: DetectNetAugmentationParameter
    region_loss_param: RegionLossParameter
    reorg_param: ReorgParameter
    split_param: SplitParameter
    spatial_dropout_param: SpatialDropoutParameter
    engine: str
    multinode: MultinodeLayerParameter
    quantization_param: QuantizationParameter
    eval_detection_param: EvalDetectionParameter
    eltwise_affine_param: EltwiseAffineParameter
    center_loss_param: CenterLossParameter
    flip_param: FlipParameter
    inner_distance_param: InnerDistanceParameter
    normalize_param: UnitNormalizeParameter
    general_contrastive_loss_param: GeneralContrastiveParameter
    general_triplet_loss_param: GeneralTripletParameter
    proposal_param: ProposalParameter
    largemargin_inner_product_param: LargeMarginInnerProductParameter
    label_specific_rescale_param: LabelSpecificRescaleParameter
    margin_inner_product_param: MarginInnerProductParameter
    label_specific_add_param: LabelSpecificAddParameter
    detection_loss_param: DetectionLossParameter
    detection_accuracy_param: DetectionAccuracyParameter
    box_output_param: BoxOutputParameter
    proposal_target_param: ProposalTargetParameter
    image_gt_data_param: ImageGtDataParameter
    bbox_reg_param: BBoxRegParameter
    relu6_param: ReLU6Parameter
    yolov3_param: Yolov3Parameter
    yolo_seg_param: YoloSegParameter
    segmentation_evaluate_param: SegmentationEvaluateParameter
    yolo_detection_output_param: YoloDetectionOutputParameter
    yolov3_detection_output_param: Yolov3DetectionOutputParameter
    shuffle_channel_param: ShuffleChannelParameter
    selu_dropout_param: SELUDropoutParameter
    ctc_loss_param: CtcLossParameter
    continuation_indicator_param: ContinuationIndicatorParameter
    labelsequence_accuracy_param: LabelsequenceAccuracyParameter
    reverse_param: ReverseParameter
    transpose_param: TransposeParameter
    rotate_pooling_param: RotateROIPoolingParameter
    permutohedral_param: PermutohedralParameter
    pixel_feature_param: PixelFeatureParameter
    rank_param: RankParameter
    rescale_param: RescaleParameter
    pooling_nd_param: PoolingNDParameter
    cpm_transform_param: CPMTransformationParameter
    source_class: str
    cos_data_param: CoSDataParameter
    filter_param: FilterParameter
    rrelu_param: RReLUParameter
    apl_param: APLParameter
    decode_bbox_param: DecodeBBoxParameter
    selu_param: SeLuParameter
    augmentation_param: AugmentationParameter
    def __init__(
        self,
        name: str | None = ...,
        type: str | None = ...,
        bottom: _Iterable[str] | None = ...,
        top: _Iterable[str] | None = ...,
        phase: Phase | str | None = ...,
        loss_weight: _Iterable[float] | None = ...,
        param: _Iterable[ParamSpec | _Mapping] | None = ...,
        blobs: _Iterable[BlobProto | _Mapping] | None = ...,
        propagate_down: _Iterable[bool] | None = ...,
        include: _Iterable[NetStateRule | _Mapping] | None = ...,
        exclude: _Iterable[NetStateRule | _Mapping] | None = ...,
        transform_param: TransformationParameter | _Mapping | None = ...,
        loss_param: LossParameter | _Mapping | None = ...,
        accuracy_param: AccuracyParameter | _Mapping | None = ...,
        argmax_param: ArgMaxParameter | _Mapping | None = ...,
        batch_norm_param: BatchNormParameter | _Mapping | None = ...,
        bias_param: BiasParameter | _Mapping | None = ...,
        clip_param: ClipParameter | _Mapping | None = ...,
        concat_param: ConcatParameter | _Mapping | None = ...,
        contrastive_loss_param: ContrastiveLossParameter | _Mapping | None = ...,
        convolution_param: ConvolutionParameter | _Mapping | None = ...,
        crop_param: CropParameter | _Mapping | None = ...,
        data_param: DataParameter | _Mapping | None = ...,
        dropout_param: DropoutParameter | _Mapping | None = ...,
        dummy_data_param: DummyDataParameter | _Mapping | None = ...,
        eltwise_param: EltwiseParameter | _Mapping | None = ...,
        elu_param: ELUParameter | _Mapping | None = ...,
        embed_param: EmbedParameter | _Mapping | None = ...,
        exp_param: ExpParameter | _Mapping | None = ...,
        flatten_param: FlattenParameter | _Mapping | None = ...,
        hdf5_data_param: HDF5DataParameter | _Mapping | None = ...,
        hdf5_output_param: HDF5OutputParameter | _Mapping | None = ...,
        hinge_loss_param: HingeLossParameter | _Mapping | None = ...,
        image_data_param: ImageDataParameter | _Mapping | None = ...,
        infogain_loss_param: InfogainLossParameter | _Mapping | None = ...,
        inner_product_param: InnerProductParameter | _Mapping | None = ...,
        input_param: InputParameter | _Mapping | None = ...,
        log_param: LogParameter | _Mapping | None = ...,
        lrn_param: LRNParameter | _Mapping | None = ...,
        memory_data_param: MemoryDataParameter | _Mapping | None = ...,
        mvn_param: MVNParameter | _Mapping | None = ...,
        parameter_param: ParameterParameter | _Mapping | None = ...,
        pooling_param: PoolingParameter | _Mapping | None = ...,
        power_param: PowerParameter | _Mapping | None = ...,
        prelu_param: PReLUParameter | _Mapping | None = ...,
        python_param: PythonParameter | _Mapping | None = ...,
        recurrent_param: RecurrentParameter | _Mapping | None = ...,
        reduction_param: ReductionParameter | _Mapping | None = ...,
        relu_param: ReLUParameter | _Mapping | None = ...,
        reshape_param: ReshapeParameter | _Mapping | None = ...,
        scale_param: ScaleParameter | _Mapping | None = ...,
        sigmoid_param: SigmoidParameter | _Mapping | None = ...,
        slice_param: SliceParameter | _Mapping | None = ...,
        softmax_param: SoftmaxParameter | _Mapping | None = ...,
        spp_param: SPPParameter | _Mapping | None = ...,
        swish_param: SwishParameter | _Mapping | None = ...,
        tanh_param: TanHParameter | _Mapping | None = ...,
        threshold_param: ThresholdParameter | _Mapping | None = ...,
        tile_param: TileParameter | _Mapping | None = ...,
        window_data_param: WindowDataParameter | _Mapping | None = ...,
        annotated_data_param: AnnotatedDataParameter | _Mapping | None = ...,
        detection_evaluate_param: DetectionEvaluateParameter | _Mapping | None = ...,
        detection_output_param: DetectionOutputParameter | _Mapping | None = ...,
        multibox_loss_param: MultiBoxLossParameter | _Mapping | None = ...,
        norm_param: NormalizeParameter | _Mapping | None = ...,
        permute_param: PermuteParameter | _Mapping | None = ...,
        prior_box_param: PriorBoxParameter | _Mapping | None = ...,
        video_data_param: VideoDataParameter | _Mapping | None = ...,
        bn_param: BNParameter | _Mapping | None = ...,
        adaptive_bias_channel_param: AdaptiveBiasChannelParameter | _Mapping | None = ...,
        bias_channel_param: BiasChannelParameter | _Mapping | None = ...,
        dense_crf_param: DenseCRFParameter | _Mapping | None = ...,
        domain_transform_param: DomainTransformParameter | _Mapping | None = ...,
        interp_param: InterpParameter | _Mapping | None = ...,
        mat_read_param: MatReadParameter | _Mapping | None = ...,
        mat_write_param: MatWriteParameter | _Mapping | None = ...,
        seg_accuracy_param: SegAccuracyParameter | _Mapping | None = ...,
        unique_label_param: UniqueLabelParameter | _Mapping | None = ...,
        strict_dim: bool = ...,
        censor_label_param: CensorLabelParameter | _Mapping | None = ...,
        channel_aggregator_param: ChannelAggregatorParameter | _Mapping | None = ...,
        dominant_channel_param: DominantChannelParameter | _Mapping | None = ...,
        euclidean_loss_param: EuclideanLossParameter | _Mapping | None = ...,
        gain_channel_param: GainChannelParameter | _Mapping | None = ...,
        histogram_param: HistogramParameter | _Mapping | None = ...,
        ignore_overlay_param: IgnoreOverlayParameter | _Mapping | None = ...,
        onehot_param: OneHotParameter | _Mapping | None = ...,
        padding_param: PaddingParameter | _Mapping | None = ...,
        softmaxloss_param: SoftmaxLossParameter | _Mapping | None = ...,
        multi_stage_meanfield_param: MultiStageMeanfieldParameter | _Mapping | None = ...,
        dense_image_data_param: DenseImageDataParameter | _Mapping | None = ...,
        upsample_param: UpsampleParameter | _Mapping | None = ...,
        roi_pooling_param: ROIPoolingParameter | _Mapping | None = ...,
        smooth_l1_loss_param: SmoothL1LossParameter | _Mapping | None = ...,
        box_annotator_ohem_param: BoxAnnotatorOHEMParameter | _Mapping | None = ...,
        psroi_pooling_param: PSROIPoolingParameter | _Mapping | None = ...,
        mask_resize_param: MaskResizeParameter | _Mapping | None = ...,
        roi_warping_param: ROIWarpingParameter | _Mapping | None = ...,
        bin_label_data_param: BinLabelDataParameter | _Mapping | None = ...,
        image_label_data_param: ImageLabelDataParameter | _Mapping | None = ...,
        loss_statistic_param: LossStatisticParameter | _Mapping | None = ...,
        repack_param: RepackParameter | _Mapping | None = ...,
        running_average_param: RunningAverageParameter | _Mapping | None = ...,
        statistical_loss_param: StatisticalLossParameter | _Mapping | None = ...,
        densecrf_param: DensecrfParameter | _Mapping | None = ...,
        correlation_param: CorrelationParameter | _Mapping | None = ...,
        l1_loss_param: L1LossParameter | _Mapping | None = ...,
        mean_param: MeanParameter | _Mapping | None = ...,
        resample_param: ResampleParameter | _Mapping | None = ...,
        downsample_param: DownsampleParameter | _Mapping | None = ...,
        lpq_loss_param: LpqLossParameter | _Mapping | None = ...,
        flow_warp_param: FlowWarpParameter | _Mapping | None = ...,
        accum_param: AccumParameter | _Mapping | None = ...,
        reshape_every_iter: bool = ...,
        lstm_param: LstmParameter | _Mapping | None = ...,
        convolution3d_param: Convolution3DParameter | _Mapping | None = ...,
        pooling3d_param: Pooling3DParameter | _Mapping | None = ...,
        down_sampling_param: DownSamplingParameter | _Mapping | None = ...,
        binary_accuracy_param: BinaryAccuracyParameter | _Mapping | None = ...,
        eltwise_accuracy_param: EltwiseAccuracyParameter | _Mapping | None = ...,
        red_softmax_loss_param: RedSoftmaxWithLossParameter | _Mapping | None = ...,
        red_accuracy_param: RedAccuracyParameter | _Mapping | None = ...,
        select_seg_binary_param: SelectSegBinaryParameter | _Mapping | None = ...,
        unpooling_param: UnpoolingParameter | _Mapping | None = ...,
        window_cls_data_param: WindowClsDataParameter | _Mapping | None = ...,
        seg_data_param: SegDataParameter | _Mapping | None = ...,
        color_conv_param: ColorConvParameter | _Mapping | None = ...,
        forward_type: Type | str | None = ...,
        backward_type: Type | str | None = ...,
        forward_math: Type | str | None = ...,
        backward_math: Type | str | None = ...,
        debug: bool = ...,
        cudnn_math_override: int | None = ...,
        trt_param: TRTParameter | _Mapping | None = ...,
        detectnet_groundtruth_param: DetectNetGroundTruthParameter | _Mapping | None = ...,
        detectnet_augmentation_param: DetectNetAugmentationParameter | _Mapping | None = ...,
        region_loss_param: RegionLossParameter | _Mapping | None = ...,
        reorg_param: ReorgParameter | _Mapping | None = ...,
        split_param: SplitParameter | _Mapping | None = ...,
        spatial_dropout_param: SpatialDropoutParameter | _Mapping | None = ...,
        engine: str | None = ...,
        multinode: MultinodeLayerParameter | _Mapping | None = ...,
        quantization_param: QuantizationParameter | _Mapping | None = ...,
        eval_detection_param: EvalDetectionParameter | _Mapping | None = ...,
        eltwise_affine_param: EltwiseAffineParameter | _Mapping | None = ...,
        center_loss_param: CenterLossParameter | _Mapping | None = ...,
        flip_param: FlipParameter | _Mapping | None = ...,
        inner_distance_param: InnerDistanceParameter | _Mapping | None = ...,
        normalize_param: UnitNormalizeParameter | _Mapping | None = ...,
        general_contrastive_loss_param: GeneralContrastiveParameter | _Mapping | None = ...,
        general_triplet_loss_param: GeneralTripletParameter | _Mapping | None = ...,
        proposal_param: ProposalParameter | _Mapping | None = ...,
        largemargin_inner_product_param: LargeMarginInnerProductParameter | _Mapping | None = ...,
        label_specific_rescale_param: LabelSpecificRescaleParameter | _Mapping | None = ...,
        margin_inner_product_param: MarginInnerProductParameter | _Mapping | None = ...,
        label_specific_add_param: LabelSpecificAddParameter | _Mapping | None = ...,
        detection_loss_param: DetectionLossParameter | _Mapping | None = ...,
        detection_accuracy_param: DetectionAccuracyParameter | _Mapping | None = ...,
        box_output_param: BoxOutputParameter | _Mapping | None = ...,
        proposal_target_param: ProposalTargetParameter | _Mapping | None = ...,
        image_gt_data_param: ImageGtDataParameter | _Mapping | None = ...,
        bbox_reg_param: BBoxRegParameter | _Mapping | None = ...,
        relu6_param: ReLU6Parameter | _Mapping | None = ...,
        yolov3_param: Yolov3Parameter | _Mapping | None = ...,
        yolo_seg_param: YoloSegParameter | _Mapping | None = ...,
        segmentation_evaluate_param: SegmentationEvaluateParameter | _Mapping | None = ...,
        yolo_detection_output_param: YoloDetectionOutputParameter | _Mapping | None = ...,
        yolov3_detection_output_param: Yolov3DetectionOutputParameter | _Mapping | None = ...,
        shuffle_channel_param: ShuffleChannelParameter | _Mapping | None = ...,
        selu_dropout_param: SELUDropoutParameter | _Mapping | None = ...,
        ctc_loss_param: CtcLossParameter | _Mapping | None = ...,
        continuation_indicator_param: ContinuationIndicatorParameter | _Mapping | None = ...,
        labelsequence_accuracy_param: LabelsequenceAccuracyParameter | _Mapping | None = ...,
        reverse_param: ReverseParameter | _Mapping | None = ...,
        transpose_param: TransposeParameter | _Mapping | None = ...,
        rotate_pooling_param: RotateROIPoolingParameter | _Mapping | None = ...,
        permutohedral_param: PermutohedralParameter | _Mapping | None = ...,
        pixel_feature_param: PixelFeatureParameter | _Mapping | None = ...,
        rank_param: RankParameter | _Mapping | None = ...,
        rescale_param: RescaleParameter | _Mapping | None = ...,
        pooling_nd_param: PoolingNDParameter | _Mapping | None = ...,
        cpm_transform_param: CPMTransformationParameter | _Mapping | None = ...,
        source_class: str | None = ...,
        cos_data_param: CoSDataParameter | _Mapping | None = ...,
        filter_param: FilterParameter | _Mapping | None = ...,
        rrelu_param: RReLUParameter | _Mapping | None = ...,
        apl_param: APLParameter | _Mapping | None = ...,
        decode_bbox_param: DecodeBBoxParameter | _Mapping | None = ...,
        selu_param: SeLuParameter | _Mapping | None = ...,
        augmentation_param: AugmentationParameter | _Mapping | None = ...,
    ) -> None: ...

class SolverParameter(_message.Message):
    __slots__ = (
        "net",
        "net_param",
        "train_net",
        "test_net",
        "train_net_param",
        "test_net_param",
        "train_state",
        "test_state",
        "weights",
        "test_iter",
        "test_interval",
        "test_compute_loss",
        "test_initialization",
        "type",
        "momentum",
        "momentum2",
        "rms_decay",
        "delta",
        "weight_decay",
        "regularization_type",
        "clip_gradients",
        "base_lr",
        "lr_policy",
        "gamma",
        "power",
        "stepsize",
        "stepvalue",
        "max_iter",
        "iter_size",
        "display",
        "average_loss",
        "debug_info",
        "snapshot",
        "snapshot_prefix",
        "snapshot_diff",
        "snapshot_format",
        "snapshot_after_train",
        "solver_mode",
        "device_id",
        "random_seed",
        "layer_wise_reduce",
        "solver_type",
        "eval_type",
        "ap_version",
        "show_per_class_result",
        "plateau_winsize",
        "richness",
        "rampup_interval",
        "rampup_lr",
        "min_lr",
        "momentum_policy",
        "max_momentum",
        "momentum_power",
        "larc",
        "larc_policy",
        "larc_eta",
        "larc_turbo",
        "weight_decay_policy",
        "weight_decay_power",
        "max_weight_decay",
        "solver_data_type",
        "store_blobs_in_old_format",
        "test_and_snapshot_last_epochs",
        "stagelr",
        "stageiter",
        "disabled_update",
        "engine",
        "warmup_iter",
        "warmup_start_lr",
        "local_lr_auto",
        "local_gw_ratio",
        "test_offset",
        "multistep_lr",
        "stepearly",
    )
    class SnapshotFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        HDF5: _ClassVar[SolverParameter.SnapshotFormat]
        BINARYPROTO: _ClassVar[SolverParameter.SnapshotFormat]

    HDF5: SolverParameter.SnapshotFormat
    BINARYPROTO: SolverParameter.SnapshotFormat
    class SolverMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CPU: _ClassVar[SolverParameter.SolverMode]
        GPU: _ClassVar[SolverParameter.SolverMode]

    CPU: SolverParameter.SolverMode
    GPU: SolverParameter.SolverMode
    class SolverType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SGD: _ClassVar[SolverParameter.SolverType]
        NESTEROV: _ClassVar[SolverParameter.SolverType]
        ADAGRAD: _ClassVar[SolverParameter.SolverType]
        RMSPROP: _ClassVar[SolverParameter.SolverType]
        ADADELTA: _ClassVar[SolverParameter.SolverType]
        ADAM: _ClassVar[SolverParameter.SolverType]

    SGD: SolverParameter.SolverType
    NESTEROV: SolverParameter.SolverType
    ADAGRAD: SolverParameter.SolverType
    RMSPROP: SolverParameter.SolverType
    ADADELTA: SolverParameter.SolverType
    ADAM: SolverParameter.SolverType
    NET_FIELD_NUMBER: _ClassVar[int]
    NET_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRAIN_NET_FIELD_NUMBER: _ClassVar[int]
    TEST_NET_FIELD_NUMBER: _ClassVar[int]
    TRAIN_NET_PARAM_FIELD_NUMBER: _ClassVar[int]
    TEST_NET_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRAIN_STATE_FIELD_NUMBER: _ClassVar[int]
    TEST_STATE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    TEST_ITER_FIELD_NUMBER: _ClassVar[int]
    TEST_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    TEST_COMPUTE_LOSS_FIELD_NUMBER: _ClassVar[int]
    TEST_INITIALIZATION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM2_FIELD_NUMBER: _ClassVar[int]
    RMS_DECAY_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    REGULARIZATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIP_GRADIENTS_FIELD_NUMBER: _ClassVar[int]
    BASE_LR_FIELD_NUMBER: _ClassVar[int]
    LR_POLICY_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    STEPSIZE_FIELD_NUMBER: _ClassVar[int]
    STEPVALUE_FIELD_NUMBER: _ClassVar[int]
    MAX_ITER_FIELD_NUMBER: _ClassVar[int]
    ITER_SIZE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_LOSS_FIELD_NUMBER: _ClassVar[int]
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_DIFF_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_AFTER_TRAIN_FIELD_NUMBER: _ClassVar[int]
    SOLVER_MODE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SEED_FIELD_NUMBER: _ClassVar[int]
    LAYER_WISE_REDUCE_FIELD_NUMBER: _ClassVar[int]
    SOLVER_TYPE_FIELD_NUMBER: _ClassVar[int]
    EVAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    AP_VERSION_FIELD_NUMBER: _ClassVar[int]
    SHOW_PER_CLASS_RESULT_FIELD_NUMBER: _ClassVar[int]
    PLATEAU_WINSIZE_FIELD_NUMBER: _ClassVar[int]
    RICHNESS_FIELD_NUMBER: _ClassVar[int]
    RAMPUP_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    RAMPUP_LR_FIELD_NUMBER: _ClassVar[int]
    MIN_LR_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_POLICY_FIELD_NUMBER: _ClassVar[int]
    MAX_MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_POWER_FIELD_NUMBER: _ClassVar[int]
    LARC_FIELD_NUMBER: _ClassVar[int]
    LARC_POLICY_FIELD_NUMBER: _ClassVar[int]
    LARC_ETA_FIELD_NUMBER: _ClassVar[int]
    LARC_TURBO_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_POLICY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_POWER_FIELD_NUMBER: _ClassVar[int]
    MAX_WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    SOLVER_DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    STORE_BLOBS_IN_OLD_FORMAT_FIELD_NUMBER: _ClassVar[int]
    TEST_AND_SNAPSHOT_LAST_EPOCHS_FIELD_NUMBER: _ClassVar[int]
    STAGELR_FIELD_NUMBER: _ClassVar[int]
    STAGEITER_FIELD_NUMBER: _ClassVar[int]
    DISABLED_UPDATE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    WARMUP_ITER_FIELD_NUMBER: _ClassVar[int]
    WARMUP_START_LR_FIELD_NUMBER: _ClassVar[int]
    LOCAL_LR_AUTO_FIELD_NUMBER: _ClassVar[int]
    LOCAL_GW_RATIO_FIELD_NUMBER: _ClassVar[int]
    TEST_OFFSET_FIELD_NUMBER: _ClassVar[int]
    MULTISTEP_LR_FIELD_NUMBER: _ClassVar[int]
    STEPEARLY_FIELD_NUMBER: _ClassVar[int]
    net: str
    net_param: NetParameter
    train_net: str
    test_net: _containers.RepeatedScalarFieldContainer[str]
    train_net_param: NetParameter
    test_net_param: _containers.RepeatedCompositeFieldContainer[NetParameter]
    train_state: NetState
    test_state: _containers.RepeatedCompositeFieldContainer[NetState]
    weights: _containers.RepeatedScalarFieldContainer[str]
    test_iter: _containers.RepeatedScalarFieldContainer[int]
    test_interval: int
    test_compute_loss: bool
    test_initialization: bool
    type: str
    momentum: float
    momentum2: float
    rms_decay: float
    delta: float
    weight_decay: float
    regularization_type: str
    clip_gradients: float
    base_lr: float
    lr_policy: str
    gamma: float
    power: float
    stepsize: int
    stepvalue: _containers.RepeatedScalarFieldContainer[int]
    max_iter: int
    iter_size: int
    display: int
    average_loss: int
    debug_info: bool
    snapshot: int
    snapshot_prefix: str
    snapshot_diff: bool
    snapshot_format: SolverParameter.SnapshotFormat
    snapshot_after_train: bool
    solver_mode: SolverParameter.SolverMode
    device_id: int
    random_seed: int
    layer_wise_reduce: bool
    solver_type: SolverParameter.SolverType
    eval_type: str
    ap_version: str
    show_per_class_result: bool
    plateau_winsize: _containers.RepeatedScalarFieldContainer[int]
    richness: int
    rampup_interval: int
    rampup_lr: float
    min_lr: float
    momentum_policy: str
    max_momentum: float
    momentum_power: float
    larc: bool
    larc_policy: str
    larc_eta: float
    larc_turbo: bool
    weight_decay_policy: str
    weight_decay_power: float
    max_weight_decay: float
    solver_data_type: Type
    store_blobs_in_old_format: bool
    test_and_snapshot_last_epochs: int
    stagelr: _containers.RepeatedScalarFieldContainer[float]
    stageiter: _containers.RepeatedScalarFieldContainer[int]
    disabled_update: bool
    engine: str
    warmup_iter: int
    warmup_start_lr: float
    local_lr_auto: bool
    local_gw_ratio: float
    test_offset: int
    multistep_lr: _containers.RepeatedScalarFieldContainer[float]
    stepearly: int
    def __init__(
        self,
        net: str | None = ...,
        net_param: NetParameter | _Mapping | None = ...,
        train_net: str | None = ...,
        test_net: _Iterable[str] | None = ...,
        train_net_param: NetParameter | _Mapping | None = ...,
        test_net_param: _Iterable[NetParameter | _Mapping] | None = ...,
        train_state: NetState | _Mapping | None = ...,
        test_state: _Iterable[NetState | _Mapping] | None = ...,
        weights: _Iterable[str] | None = ...,
        test_iter: _Iterable[int] | None = ...,
        test_interval: int | None = ...,
        test_compute_loss: bool = ...,
        test_initialization: bool = ...,
        type: str | None = ...,
        momentum: float | None = ...,
        momentum2: float | None = ...,
        rms_decay: float | None = ...,
        delta: float | None = ...,
        weight_decay: float | None = ...,
        regularization_type: str | None = ...,
        clip_gradients: float | None = ...,
        base_lr: float | None = ...,
        lr_policy: str | None = ...,
        gamma: float | None = ...,
        power: float | None = ...,
        stepsize: int | None = ...,
        stepvalue: _Iterable[int] | None = ...,
        max_iter: int | None = ...,
        iter_size: int | None = ...,
        display: int | None = ...,
        average_loss: int | None = ...,
        debug_info: bool = ...,
        snapshot: int | None = ...,
        snapshot_prefix: str | None = ...,
        snapshot_diff: bool = ...,
        snapshot_format: SolverParameter.SnapshotFormat | str | None = ...,
        snapshot_after_train: bool = ...,
        solver_mode: SolverParameter.SolverMode | str | None = ...,
        device_id: int | None = ...,
        random_seed: int | None = ...,
        layer_wise_reduce: bool = ...,
        solver_type: SolverParameter.SolverType | str | None = ...,
        eval_type: str | None = ...,
        ap_version: str | None = ...,
        show_per_class_result: bool = ...,
        plateau_winsize: _Iterable[int] | None = ...,
        richness: int | None = ...,
        rampup_interval: int | None = ...,
        rampup_lr: float | None = ...,
        min_lr: float | None = ...,
        momentum_policy: str | None = ...,
        max_momentum: float | None = ...,
        momentum_power: float | None = ...,
        larc: bool = ...,
        larc_policy: str | None = ...,
        larc_eta: float | None = ...,
        larc_turbo: bool = ...,
        weight_decay_policy: str | None = ...,
        weight_decay_power: float | None = ...,
        max_weight_decay: float | None = ...,
        solver_data_type: Type | str | None = ...,
        store_blobs_in_old_format: bool = ...,
        test_and_snapshot_last_epochs: int | None = ...,
        stagelr: _Iterable[float] | None = ...,
        stageiter: _Iterable[int] | None = ...,
        disabled_update: bool = ...,
        engine: str | None = ...,
        warmup_iter: int | None = ...,
        warmup_start_lr: float | None = ...,
        local_lr_auto: bool = ...,
        local_gw_ratio: float | None = ...,
        test_offset: int | None = ...,
        multistep_lr: _Iterable[float] | None = ...,
        stepearly: int | None = ...,
    ) -> None: ...

class SolverState(_message.Message):
    __slots__ = ("iter", "learned_net", "history", "current_step", "runtime_state")
    ITER_FIELD_NUMBER: _ClassVar[int]
    LEARNED_NET_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    CURRENT_STEP_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_STATE_FIELD_NUMBER: _ClassVar[int]
    iter: int
    learned_net: str
    history: _containers.RepeatedCompositeFieldContainer[BlobProto]
    current_step: int
    runtime_state: bytes
    def __init__(
        self,
        iter: int | None = ...,
        learned_net: str | None = ...,
        history: _Iterable[BlobProto | _Mapping] | None = ...,
        current_step: int | None = ...,
        runtime_state: bytes | None = ...,
    ) -> None: ...

class TransformationParameter(_message.Message):
    __slots__ = (
        "scale",
        "mirror",
        "crop_size",
        "mean_file",
        "mean_value",
        "force_color",
        "force_gray",
        "crop_h",
        "crop_w",
        "resize_param",
        "noise_param",
        "distort_param",
        "expand_param",
        "emit_constraint",
        "scale_factors",
        "crop_width",
        "crop_height",
        "fix_crop",
        "more_fix_crop",
        "multi_scale",
        "scale_ratios",
        "max_distort",
        "is_flow",
        "stride",
        "img_rand_resize_lower",
        "img_rand_resize_upper",
        "rand_resize_ratio_lower",
        "rand_resize_ratio_upper",
        "vertical_stretch_lower",
        "vertical_stretch_upper",
        "horizontal_stretch_lower",
        "horizontal_stretch_upper",
        "interpolation_algo_down",
        "interpolation_algo_up",
        "allow_upscale",
        "forward_packing",
        "use_gpu_transform",
        "random_seed",
        "flow",
        "random_resize_param",
        "random_aspect_ratio_param",
        "pad",
        "geometry_param",
        "crop_size_w",
        "crop_size_h",
        "crop_size_l",
    )
    class InterpolationAlgo(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        INTER_NEAREST: _ClassVar[TransformationParameter.InterpolationAlgo]
        INTER_LINEAR: _ClassVar[TransformationParameter.InterpolationAlgo]
        INTER_CUBIC: _ClassVar[TransformationParameter.InterpolationAlgo]
        INTER_AREA: _ClassVar[TransformationParameter.InterpolationAlgo]

    INTER_NEAREST: TransformationParameter.InterpolationAlgo
    INTER_LINEAR: TransformationParameter.InterpolationAlgo
    INTER_CUBIC: TransformationParameter.InterpolationAlgo
    INTER_AREA: TransformationParameter.InterpolationAlgo
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    FORCE_COLOR_FIELD_NUMBER: _ClassVar[int]
    FORCE_GRAY_FIELD_NUMBER: _ClassVar[int]
    CROP_H_FIELD_NUMBER: _ClassVar[int]
    CROP_W_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    NOISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    DISTORT_PARAM_FIELD_NUMBER: _ClassVar[int]
    EXPAND_PARAM_FIELD_NUMBER: _ClassVar[int]
    EMIT_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    SCALE_FACTORS_FIELD_NUMBER: _ClassVar[int]
    CROP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CROP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FIX_CROP_FIELD_NUMBER: _ClassVar[int]
    MORE_FIX_CROP_FIELD_NUMBER: _ClassVar[int]
    MULTI_SCALE_FIELD_NUMBER: _ClassVar[int]
    SCALE_RATIOS_FIELD_NUMBER: _ClassVar[int]
    MAX_DISTORT_FIELD_NUMBER: _ClassVar[int]
    IS_FLOW_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    IMG_RAND_RESIZE_LOWER_FIELD_NUMBER: _ClassVar[int]
    IMG_RAND_RESIZE_UPPER_FIELD_NUMBER: _ClassVar[int]
    RAND_RESIZE_RATIO_LOWER_FIELD_NUMBER: _ClassVar[int]
    RAND_RESIZE_RATIO_UPPER_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_STRETCH_LOWER_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_STRETCH_UPPER_FIELD_NUMBER: _ClassVar[int]
    HORIZONTAL_STRETCH_LOWER_FIELD_NUMBER: _ClassVar[int]
    HORIZONTAL_STRETCH_UPPER_FIELD_NUMBER: _ClassVar[int]
    INTERPOLATION_ALGO_DOWN_FIELD_NUMBER: _ClassVar[int]
    INTERPOLATION_ALGO_UP_FIELD_NUMBER: _ClassVar[int]
    ALLOW_UPSCALE_FIELD_NUMBER: _ClassVar[int]
    FORWARD_PACKING_FIELD_NUMBER: _ClassVar[int]
    USE_GPU_TRANSFORM_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SEED_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    RANDOM_RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    RANDOM_ASPECT_RATIO_PARAM_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    GEOMETRY_PARAM_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_W_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_H_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_L_FIELD_NUMBER: _ClassVar[int]
    scale: float
    mirror: bool
    crop_size: int
    mean_file: str
    mean_value: _containers.RepeatedScalarFieldContainer[float]
    force_color: bool
    force_gray: bool
    crop_h: int
    crop_w: int
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    noise_param: NoiseParameter
    distort_param: DistortionParameter
    expand_param: ExpansionParameter
    emit_constraint: EmitConstraint
    scale_factors: _containers.RepeatedScalarFieldContainer[float]
    crop_width: int
    crop_height: int
    fix_crop: bool
    more_fix_crop: bool
    multi_scale: bool
    scale_ratios: _containers.RepeatedScalarFieldContainer[float]
    max_distort: int
    is_flow: bool
    stride: int
    img_rand_resize_lower: int
    img_rand_resize_upper: int
    rand_resize_ratio_lower: float
    rand_resize_ratio_upper: float
    vertical_stretch_lower: float
    vertical_stretch_upper: float
    horizontal_stretch_lower: float
    horizontal_stretch_upper: float
    interpolation_algo_down: TransformationParameter.InterpolationAlgo
    interpolation_algo_up: TransformationParameter.InterpolationAlgo
    allow_upscale: bool
    forward_packing: Packing
    use_gpu_transform: bool
    random_seed: int
    flow: bool
    random_resize_param: RandomResizeParameter
    random_aspect_ratio_param: RandomAspectRatioParameter
    pad: int
    geometry_param: GeometryParameter
    crop_size_w: int
    crop_size_h: int
    crop_size_l: int
    def __init__(
        self,
        scale: float | None = ...,
        mirror: bool = ...,
        crop_size: int | None = ...,
        mean_file: str | None = ...,
        mean_value: _Iterable[float] | None = ...,
        force_color: bool = ...,
        force_gray: bool = ...,
        crop_h: int | None = ...,
        crop_w: int | None = ...,
        resize_param: _Iterable[ResizeParameter | _Mapping] | None = ...,
        noise_param: NoiseParameter | _Mapping | None = ...,
        distort_param: DistortionParameter | _Mapping | None = ...,
        expand_param: ExpansionParameter | _Mapping | None = ...,
        emit_constraint: EmitConstraint | _Mapping | None = ...,
        scale_factors: _Iterable[float] | None = ...,
        crop_width: int | None = ...,
        crop_height: int | None = ...,
        fix_crop: bool = ...,
        more_fix_crop: bool = ...,
        multi_scale: bool = ...,
        scale_ratios: _Iterable[float] | None = ...,
        max_distort: int | None = ...,
        is_flow: bool = ...,
        stride: int | None = ...,
        img_rand_resize_lower: int | None = ...,
        img_rand_resize_upper: int | None = ...,
        rand_resize_ratio_lower: float | None = ...,
        rand_resize_ratio_upper: float | None = ...,
        vertical_stretch_lower: float | None = ...,
        vertical_stretch_upper: float | None = ...,
        horizontal_stretch_lower: float | None = ...,
        horizontal_stretch_upper: float | None = ...,
        interpolation_algo_down: TransformationParameter.InterpolationAlgo | str | None = ...,
        interpolation_algo_up: TransformationParameter.InterpolationAlgo | str | None = ...,
        allow_upscale: bool = ...,
        forward_packing: Packing | str | None = ...,
        use_gpu_transform: bool = ...,
        random_seed: int | None = ...,
        flow: bool = ...,
        random_resize_param: RandomResizeParameter | _Mapping | None = ...,
        random_aspect_ratio_param: RandomAspectRatioParameter | _Mapping | None = ...,
        pad: int | None = ...,
        geometry_param: GeometryParameter | _Mapping | None = ...,
        crop_size_w: int | None = ...,
        crop_size_h: int | None = ...,
        crop_size_l: int | None = ...,
    ) -> None: ...

class DataParameter(_message.Message):
    __slots__ = (
        "source",
        "batch_size",
        "backend",
        "rand_skip",
        "force_encoded_color",
        "prefetch",
        "scale",
        "mean_file",
        "crop_size",
        "mirror",
        "show_data",
        "shuffle",
        "threads",
        "parser_threads",
        "cache",
        "precache",
    )
    class DB(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LEVELDB: _ClassVar[DataParameter.DB]
        LMDB: _ClassVar[DataParameter.DB]

    LEVELDB: DataParameter.DB
    LMDB: DataParameter.DB
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    FORCE_ENCODED_COLOR_FIELD_NUMBER: _ClassVar[int]
    PREFETCH_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    SHOW_DATA_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    PARSER_THREADS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    PRECACHE_FIELD_NUMBER: _ClassVar[int]
    source: str
    batch_size: int
    backend: DataParameter.DB
    rand_skip: int
    force_encoded_color: bool
    prefetch: int
    scale: float
    mean_file: str
    crop_size: int
    mirror: bool
    show_data: int
    shuffle: bool
    threads: int
    parser_threads: int
    cache: bool
    precache: bool
    def __init__(
        self,
        source: str | None = ...,
        batch_size: int | None = ...,
        backend: DataParameter.DB | str | None = ...,
        rand_skip: int | None = ...,
        force_encoded_color: bool = ...,
        prefetch: int | None = ...,
        scale: float | None = ...,
        mean_file: str | None = ...,
        crop_size: int | None = ...,
        mirror: bool = ...,
        show_data: int | None = ...,
        shuffle: bool = ...,
        threads: int | None = ...,
        parser_threads: int | None = ...,
        cache: bool = ...,
        precache: bool = ...,
    ) -> None: ...

class DummyDataParameter(_message.Message):
    __slots__ = ("data_filler", "shape", "num", "channels", "height", "width")
    DATA_FILLER_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    data_filler: _containers.RepeatedCompositeFieldContainer[FillerParameter]
    shape: _containers.RepeatedCompositeFieldContainer[BlobShape]
    num: _containers.RepeatedScalarFieldContainer[int]
    channels: _containers.RepeatedScalarFieldContainer[int]
    height: _containers.RepeatedScalarFieldContainer[int]
    width: _containers.RepeatedScalarFieldContainer[int]
    def __init__(
        self,
        data_filler: _Iterable[FillerParameter | _Mapping] | None = ...,
        shape: _Iterable[BlobShape | _Mapping] | None = ...,
        num: _Iterable[int] | None = ...,
        channels: _Iterable[int] | None = ...,
        height: _Iterable[int] | None = ...,
        width: _Iterable[int] | None = ...,
    ) -> None: ...

class HDF5DataParameter(_message.Message):
    __slots__ = ("source", "batch_size", "shuffle")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    source: str
    batch_size: int
    shuffle: bool
    def __init__(
        self, source: str | None = ..., batch_size: int | None = ..., shuffle: bool = ...
    ) -> None: ...

class HDF5OutputParameter(_message.Message):
    __slots__ = ("file_name",)
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    def __init__(self, file_name: str | None = ...) -> None: ...

class ImageDataParameter(_message.Message):
    __slots__ = (
        "source",
        "root_folder",
        "batch_size",
        "rand_skip",
        "shuffle",
        "new_height",
        "new_width",
        "is_color",
        "scale",
        "mean_file",
        "crop_size",
        "mirror",
        "ignore_label",
        "label_type",
        "has_label",
        "max_labels",
        "label_divide_factor",
        "new_length",
        "show_data",
        "use_image",
        "sampling_rate",
        "use_label",
        "use_temporal_jitter",
        "mean_value",
        "num_truth_channels",
        "use_byte_input",
        "is_flow",
        "truth_scale",
        "clip_min",
        "clip_max",
        "other_object_label",
        "threads",
        "cache",
        "precache",
        "min_height",
        "min_width",
        "pair_size",
        "new_dim",
        "bicubic",
    )
    class LabelType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NONE: _ClassVar[ImageDataParameter.LabelType]
        IMAGE: _ClassVar[ImageDataParameter.LabelType]
        PIXEL: _ClassVar[ImageDataParameter.LabelType]
        BBX: _ClassVar[ImageDataParameter.LabelType]

    NONE: ImageDataParameter.LabelType
    IMAGE: ImageDataParameter.LabelType
    PIXEL: ImageDataParameter.LabelType
    BBX: ImageDataParameter.LabelType
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    IS_COLOR_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    HAS_LABEL_FIELD_NUMBER: _ClassVar[int]
    MAX_LABELS_FIELD_NUMBER: _ClassVar[int]
    LABEL_DIVIDE_FACTOR_FIELD_NUMBER: _ClassVar[int]
    NEW_LENGTH_FIELD_NUMBER: _ClassVar[int]
    SHOW_DATA_FIELD_NUMBER: _ClassVar[int]
    USE_IMAGE_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_RATE_FIELD_NUMBER: _ClassVar[int]
    USE_LABEL_FIELD_NUMBER: _ClassVar[int]
    USE_TEMPORAL_JITTER_FIELD_NUMBER: _ClassVar[int]
    MEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUM_TRUTH_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    USE_BYTE_INPUT_FIELD_NUMBER: _ClassVar[int]
    IS_FLOW_FIELD_NUMBER: _ClassVar[int]
    TRUTH_SCALE_FIELD_NUMBER: _ClassVar[int]
    CLIP_MIN_FIELD_NUMBER: _ClassVar[int]
    CLIP_MAX_FIELD_NUMBER: _ClassVar[int]
    OTHER_OBJECT_LABEL_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    PRECACHE_FIELD_NUMBER: _ClassVar[int]
    MIN_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MIN_WIDTH_FIELD_NUMBER: _ClassVar[int]
    PAIR_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEW_DIM_FIELD_NUMBER: _ClassVar[int]
    BICUBIC_FIELD_NUMBER: _ClassVar[int]
    source: str
    root_folder: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    scale: float
    mean_file: str
    crop_size: int
    mirror: bool
    ignore_label: int
    label_type: ImageDataParameter.LabelType
    has_label: bool
    max_labels: int
    label_divide_factor: int
    new_length: int
    show_data: int
    use_image: bool
    sampling_rate: int
    use_label: bool
    use_temporal_jitter: bool
    mean_value: float
    num_truth_channels: int
    use_byte_input: bool
    is_flow: bool
    truth_scale: float
    clip_min: float
    clip_max: float
    other_object_label: int
    threads: int
    cache: bool
    precache: bool
    min_height: int
    min_width: int
    pair_size: int
    new_dim: int
    bicubic: bool
    def __init__(
        self,
        source: str | None = ...,
        root_folder: str | None = ...,
        batch_size: int | None = ...,
        rand_skip: int | None = ...,
        shuffle: bool = ...,
        new_height: int | None = ...,
        new_width: int | None = ...,
        is_color: bool = ...,
        scale: float | None = ...,
        mean_file: str | None = ...,
        crop_size: int | None = ...,
        mirror: bool = ...,
        ignore_label: int | None = ...,
        label_type: ImageDataParameter.LabelType | str | None = ...,
        has_label: bool = ...,
        max_labels: int | None = ...,
        label_divide_factor: int | None = ...,
        new_length: int | None = ...,
        show_data: int | None = ...,
        use_image: bool = ...,
        sampling_rate: int | None = ...,
        use_label: bool = ...,
        use_temporal_jitter: bool = ...,
        mean_value: float | None = ...,
        num_truth_channels: int | None = ...,
        use_byte_input: bool = ...,
        is_flow: bool = ...,
        truth_scale: float | None = ...,
        clip_min: float | None = ...,
        clip_max: float | None = ...,
        other_object_label: int | None = ...,
        threads: int | None = ...,
        cache: bool = ...,
        precache: bool = ...,
        min_height: int | None = ...,
        min_width: int | None = ...,
        pair_size: int | None = ...,
        new_dim: int | None = ...,
        bicubic: bool = ...,
    ) -> None: ...

class InputParameter(_message.Message):
    __slots__ = ("shape",)
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    shape: _containers.RepeatedCompositeFieldContainer[BlobShape]
    def __init__(self, shape: _Iterable[BlobShape | _Mapping] | None = ...) -> None: ...

class MemoryDataParameter(_message.Message):
    __slots__ = ("batch_size", "channels", "height", "width", "share_in_parallel", "source")
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    SHARE_IN_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    channels: int
    height: int
    width: int
    share_in_parallel: bool
    source: str
    def __init__(
        self,
        batch_size: int | None = ...,
        channels: int | None = ...,
        height: int | None = ...,
        width: int | None = ...,
        share_in_parallel: bool = ...,
        source: str | None = ...,
    ) -> None: ...

class WindowDataParameter(_message.Message):
    __slots__ = (
        "source",
        "root_folder",
        "batch_size",
        "fg_threshold",
        "bg_threshold",
        "fg_fraction",
        "context_pad",
        "crop_mode",
        "cache_images",
        "scale",
        "mean_file",
        "crop_size",
        "mirror",
    )
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    FG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    BG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_PAD_FIELD_NUMBER: _ClassVar[int]
    CROP_MODE_FIELD_NUMBER: _ClassVar[int]
    CACHE_IMAGES_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    source: str
    root_folder: str
    batch_size: int
    fg_threshold: float
    bg_threshold: float
    fg_fraction: float
    context_pad: int
    crop_mode: str
    cache_images: bool
    scale: float
    mean_file: str
    crop_size: int
    mirror: bool
    def __init__(
        self,
        source: str | None = ...,
        root_folder: str | None = ...,
        batch_size: int | None = ...,
        fg_threshold: float | None = ...,
        bg_threshold: float | None = ...,
        fg_fraction: float | None = ...,
        context_pad: int | None = ...,
        crop_mode: str | None = ...,
        cache_images: bool = ...,
        scale: float | None = ...,
        mean_file: str | None = ...,
        crop_size: int | None = ...,
        mirror: bool = ...,
    ) -> None: ...

class ConvolutionParameter(_message.Message):
    __slots__ = (
        "num_output",
        "bias_term",
        "pad",
        "kernel_size",
        "stride",
        "dilation",
        "pad_h",
        "pad_w",
        "kernel_h",
        "kernel_w",
        "stride_h",
        "stride_w",
        "group",
        "weight_filler",
        "bias_filler",
        "engine",
        "axis",
        "force_nd_im2col",
        "hole",
        "hole_h",
        "hole_w",
        "pad_shape",
        "kernel_shape",
        "stride_shape",
        "kernel_depth",
        "temporal_stride",
        "filter_group",
        "temporal_pad",
        "cudnn_convolution_algo_seeker",
        "conv_algos_override",
        "relu",
        "negative_slope",
        "conv_algorithm",
        "coeff",
        "fusion_type",
        "tf_pad",
    )
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[ConvolutionParameter.Engine]
        CAFFE: _ClassVar[ConvolutionParameter.Engine]
        CUDNN: _ClassVar[ConvolutionParameter.Engine]
        MKL2017: _ClassVar[ConvolutionParameter.Engine]
        MKLDNN: _ClassVar[ConvolutionParameter.Engine]

    DEFAULT: ConvolutionParameter.Engine
    CAFFE: ConvolutionParameter.Engine
    CUDNN: ConvolutionParameter.Engine
    MKL2017: ConvolutionParameter.Engine
    MKLDNN: ConvolutionParameter.Engine
    class TFPaddingMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SAME: _ClassVar[ConvolutionParameter.TFPaddingMethod]
        VALID: _ClassVar[ConvolutionParameter.TFPaddingMethod]

    SAME: ConvolutionParameter.TFPaddingMethod
    VALID: ConvolutionParameter.TFPaddingMethod
    class CuDNNConvolutionAlgorithmSeeker(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        GET: _ClassVar[ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker]
        FINDEX: _ClassVar[ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker]

    GET: ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker
    FINDEX: ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker
    class FusionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NONE_FUSION: _ClassVar[ConvolutionParameter.FusionType]
        SUM_FUSION: _ClassVar[ConvolutionParameter.FusionType]

    NONE_FUSION: ConvolutionParameter.FusionType
    SUM_FUSION: ConvolutionParameter.FusionType
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    DILATION_FIELD_NUMBER: _ClassVar[int]
    PAD_H_FIELD_NUMBER: _ClassVar[int]
    PAD_W_FIELD_NUMBER: _ClassVar[int]
    KERNEL_H_FIELD_NUMBER: _ClassVar[int]
    KERNEL_W_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    FORCE_ND_IM2COL_FIELD_NUMBER: _ClassVar[int]
    HOLE_FIELD_NUMBER: _ClassVar[int]
    HOLE_H_FIELD_NUMBER: _ClassVar[int]
    HOLE_W_FIELD_NUMBER: _ClassVar[int]
    PAD_SHAPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SHAPE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_SHAPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_DEPTH_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_STRIDE_FIELD_NUMBER: _ClassVar[int]
    FILTER_GROUP_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_PAD_FIELD_NUMBER: _ClassVar[int]
    CUDNN_CONVOLUTION_ALGO_SEEKER_FIELD_NUMBER: _ClassVar[int]
    CONV_ALGOS_OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    RELU_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_SLOPE_FIELD_NUMBER: _ClassVar[int]
    CONV_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    COEFF_FIELD_NUMBER: _ClassVar[int]
    FUSION_TYPE_FIELD_NUMBER: _ClassVar[int]
    TF_PAD_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    bias_term: bool
    pad: _containers.RepeatedScalarFieldContainer[int]
    kernel_size: _containers.RepeatedScalarFieldContainer[int]
    stride: _containers.RepeatedScalarFieldContainer[int]
    dilation: _containers.RepeatedScalarFieldContainer[int]
    pad_h: int
    pad_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    group: int
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    engine: ConvolutionParameter.Engine
    axis: int
    force_nd_im2col: bool
    hole: int
    hole_h: int
    hole_w: int
    pad_shape: BlobShape
    kernel_shape: BlobShape
    stride_shape: BlobShape
    kernel_depth: int
    temporal_stride: int
    filter_group: int
    temporal_pad: int
    cudnn_convolution_algo_seeker: ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker
    conv_algos_override: str
    relu: bool
    negative_slope: float
    conv_algorithm: str
    coeff: _containers.RepeatedScalarFieldContainer[float]
    fusion_type: ConvolutionParameter.FusionType
    tf_pad: ConvolutionParameter.TFPaddingMethod
    def __init__(
        self,
        num_output: int | None = ...,
        bias_term: bool = ...,
        pad: _Iterable[int] | None = ...,
        kernel_size: _Iterable[int] | None = ...,
        stride: _Iterable[int] | None = ...,
        dilation: _Iterable[int] | None = ...,
        pad_h: int | None = ...,
        pad_w: int | None = ...,
        kernel_h: int | None = ...,
        kernel_w: int | None = ...,
        stride_h: int | None = ...,
        stride_w: int | None = ...,
        group: int | None = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        engine: ConvolutionParameter.Engine | str | None = ...,
        axis: int | None = ...,
        force_nd_im2col: bool = ...,
        hole: int | None = ...,
        hole_h: int | None = ...,
        hole_w: int | None = ...,
        pad_shape: BlobShape | _Mapping | None = ...,
        kernel_shape: BlobShape | _Mapping | None = ...,
        stride_shape: BlobShape | _Mapping | None = ...,
        kernel_depth: int | None = ...,
        temporal_stride: int | None = ...,
        filter_group: int | None = ...,
        temporal_pad: int | None = ...,
        cudnn_convolution_algo_seeker: ConvolutionParameter.CuDNNConvolutionAlgorithmSeeker
        | str
        | None = ...,
        conv_algos_override: str | None = ...,
        relu: bool = ...,
        negative_slope: float | None = ...,
        conv_algorithm: str | None = ...,
        coeff: _Iterable[float] | None = ...,
        fusion_type: ConvolutionParameter.FusionType | str | None = ...,
        tf_pad: ConvolutionParameter.TFPaddingMethod | str | None = ...,
    ) -> None: ...

class CropParameter(_message.Message):
    __slots__ = ("axis", "offset", "offset_height", "offset_width")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    OFFSET_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_WIDTH_FIELD_NUMBER: _ClassVar[int]
    axis: int
    offset: _containers.RepeatedScalarFieldContainer[int]
    offset_height: int
    offset_width: int
    def __init__(
        self,
        axis: int | None = ...,
        offset: _Iterable[int] | None = ...,
        offset_height: int | None = ...,
        offset_width: int | None = ...,
    ) -> None: ...

class LRNParameter(_message.Message):
    __slots__ = ("local_size", "alpha", "beta", "norm_region", "k", "engine")
    class NormRegion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACROSS_CHANNELS: _ClassVar[LRNParameter.NormRegion]
        WITHIN_CHANNEL: _ClassVar[LRNParameter.NormRegion]

    ACROSS_CHANNELS: LRNParameter.NormRegion
    WITHIN_CHANNEL: LRNParameter.NormRegion
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[LRNParameter.Engine]
        CAFFE: _ClassVar[LRNParameter.Engine]
        CUDNN: _ClassVar[LRNParameter.Engine]
        MKL2017: _ClassVar[LRNParameter.Engine]
        MKLDNN: _ClassVar[LRNParameter.Engine]

    DEFAULT: LRNParameter.Engine
    CAFFE: LRNParameter.Engine
    CUDNN: LRNParameter.Engine
    MKL2017: LRNParameter.Engine
    MKLDNN: LRNParameter.Engine
    LOCAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    NORM_REGION_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    local_size: int
    alpha: float
    beta: float
    norm_region: LRNParameter.NormRegion
    k: float
    engine: LRNParameter.Engine
    def __init__(
        self,
        local_size: int | None = ...,
        alpha: float | None = ...,
        beta: float | None = ...,
        norm_region: LRNParameter.NormRegion | str | None = ...,
        k: float | None = ...,
        engine: LRNParameter.Engine | str | None = ...,
    ) -> None: ...

class PoolingParameter(_message.Message):
    __slots__ = (
        "pool",
        "pad",
        "pad_h",
        "pad_w",
        "kernel_size",
        "kernel_h",
        "kernel_w",
        "stride",
        "stride_h",
        "stride_w",
        "engine",
        "global_pooling",
        "round_mode",
        "pad_shape",
        "kernel_shape",
        "stride_shape",
        "kernel_depth",
        "temporal_stride",
        "torch_pooling",
        "axis",
        "pad_3d",
        "kernel_size_3d",
        "stride_3d",
        "avg_include_pad",
        "ceil_mode",
    )
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MAX: _ClassVar[PoolingParameter.PoolMethod]
        AVE: _ClassVar[PoolingParameter.PoolMethod]
        STOCHASTIC: _ClassVar[PoolingParameter.PoolMethod]

    MAX: PoolingParameter.PoolMethod
    AVE: PoolingParameter.PoolMethod
    STOCHASTIC: PoolingParameter.PoolMethod
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[PoolingParameter.Engine]
        CAFFE: _ClassVar[PoolingParameter.Engine]
        CUDNN: _ClassVar[PoolingParameter.Engine]
        MKL2017: _ClassVar[PoolingParameter.Engine]
        MKLDNN: _ClassVar[PoolingParameter.Engine]

    DEFAULT: PoolingParameter.Engine
    CAFFE: PoolingParameter.Engine
    CUDNN: PoolingParameter.Engine
    MKL2017: PoolingParameter.Engine
    MKLDNN: PoolingParameter.Engine
    class RoundMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CEIL: _ClassVar[PoolingParameter.RoundMode]
        FLOOR: _ClassVar[PoolingParameter.RoundMode]

    CEIL: PoolingParameter.RoundMode
    FLOOR: PoolingParameter.RoundMode
    POOL_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    PAD_H_FIELD_NUMBER: _ClassVar[int]
    PAD_W_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_H_FIELD_NUMBER: _ClassVar[int]
    KERNEL_W_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_POOLING_FIELD_NUMBER: _ClassVar[int]
    ROUND_MODE_FIELD_NUMBER: _ClassVar[int]
    PAD_SHAPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SHAPE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_SHAPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_DEPTH_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_STRIDE_FIELD_NUMBER: _ClassVar[int]
    TORCH_POOLING_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    PAD_3D_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_3D_FIELD_NUMBER: _ClassVar[int]
    STRIDE_3D_FIELD_NUMBER: _ClassVar[int]
    AVG_INCLUDE_PAD_FIELD_NUMBER: _ClassVar[int]
    CEIL_MODE_FIELD_NUMBER: _ClassVar[int]
    pool: PoolingParameter.PoolMethod
    pad: int
    pad_h: int
    pad_w: int
    kernel_size: int
    kernel_h: int
    kernel_w: int
    stride: int
    stride_h: int
    stride_w: int
    engine: PoolingParameter.Engine
    global_pooling: bool
    round_mode: PoolingParameter.RoundMode
    pad_shape: BlobShape
    kernel_shape: BlobShape
    stride_shape: BlobShape
    kernel_depth: int
    temporal_stride: int
    torch_pooling: bool
    axis: int
    pad_3d: _containers.RepeatedScalarFieldContainer[int]
    kernel_size_3d: _containers.RepeatedScalarFieldContainer[int]
    stride_3d: _containers.RepeatedScalarFieldContainer[int]
    avg_include_pad: bool
    ceil_mode: bool
    def __init__(
        self,
        pool: PoolingParameter.PoolMethod | str | None = ...,
        pad: int | None = ...,
        pad_h: int | None = ...,
        pad_w: int | None = ...,
        kernel_size: int | None = ...,
        kernel_h: int | None = ...,
        kernel_w: int | None = ...,
        stride: int | None = ...,
        stride_h: int | None = ...,
        stride_w: int | None = ...,
        engine: PoolingParameter.Engine | str | None = ...,
        global_pooling: bool = ...,
        round_mode: PoolingParameter.RoundMode | str | None = ...,
        pad_shape: BlobShape | _Mapping | None = ...,
        kernel_shape: BlobShape | _Mapping | None = ...,
        stride_shape: BlobShape | _Mapping | None = ...,
        kernel_depth: int | None = ...,
        temporal_stride: int | None = ...,
        torch_pooling: bool = ...,
        axis: int | None = ...,
        pad_3d: _Iterable[int] | None = ...,
        kernel_size_3d: _Iterable[int] | None = ...,
        stride_3d: _Iterable[int] | None = ...,
        avg_include_pad: bool = ...,
        ceil_mode: bool = ...,
    ) -> None: ...

class SPPParameter(_message.Message):
    __slots__ = ("pyramid_height", "pool", "engine")
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MAX: _ClassVar[SPPParameter.PoolMethod]
        AVE: _ClassVar[SPPParameter.PoolMethod]
        STOCHASTIC: _ClassVar[SPPParameter.PoolMethod]

    MAX: SPPParameter.PoolMethod
    AVE: SPPParameter.PoolMethod
    STOCHASTIC: SPPParameter.PoolMethod
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[SPPParameter.Engine]
        CAFFE: _ClassVar[SPPParameter.Engine]
        CUDNN: _ClassVar[SPPParameter.Engine]

    DEFAULT: SPPParameter.Engine
    CAFFE: SPPParameter.Engine
    CUDNN: SPPParameter.Engine
    PYRAMID_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    pyramid_height: int
    pool: SPPParameter.PoolMethod
    engine: SPPParameter.Engine
    def __init__(
        self,
        pyramid_height: int | None = ...,
        pool: SPPParameter.PoolMethod | str | None = ...,
        engine: SPPParameter.Engine | str | None = ...,
    ) -> None: ...

class ClipParameter(_message.Message):
    __slots__ = ("min", "max")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    def __init__(self, min: float | None = ..., max: float | None = ...) -> None: ...

class DropoutParameter(_message.Message):
    __slots__ = ("dropout_ratio", "sample_weights_test", "scale_train", "engine", "random_seed")
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[DropoutParameter.Engine]
        CAFFE: _ClassVar[DropoutParameter.Engine]
        CUDNN: _ClassVar[DropoutParameter.Engine]

    DEFAULT: DropoutParameter.Engine
    CAFFE: DropoutParameter.Engine
    CUDNN: DropoutParameter.Engine
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_WEIGHTS_TEST_FIELD_NUMBER: _ClassVar[int]
    SCALE_TRAIN_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SEED_FIELD_NUMBER: _ClassVar[int]
    dropout_ratio: float
    sample_weights_test: bool
    scale_train: bool
    engine: DropoutParameter.Engine
    random_seed: int
    def __init__(
        self,
        dropout_ratio: float | None = ...,
        sample_weights_test: bool = ...,
        scale_train: bool = ...,
        engine: DropoutParameter.Engine | str | None = ...,
        random_seed: int | None = ...,
    ) -> None: ...

class ELUParameter(_message.Message):
    __slots__ = ("alpha",)
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    def __init__(self, alpha: float | None = ..., **kwargs) -> None: ...

class ExpParameter(_message.Message):
    __slots__ = ("base", "scale", "shift")
    BASE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    base: float
    scale: float
    shift: float
    def __init__(
        self, base: float | None = ..., scale: float | None = ..., shift: float | None = ...
    ) -> None: ...

class LogParameter(_message.Message):
    __slots__ = ("base", "scale", "shift")
    BASE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    base: float
    scale: float
    shift: float
    def __init__(
        self, base: float | None = ..., scale: float | None = ..., shift: float | None = ...
    ) -> None: ...

class PowerParameter(_message.Message):
    __slots__ = ("power", "scale", "shift")
    POWER_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    power: float
    scale: float
    shift: float
    def __init__(
        self, power: float | None = ..., scale: float | None = ..., shift: float | None = ...
    ) -> None: ...

class PReLUParameter(_message.Message):
    __slots__ = ("filler", "channel_shared")
    FILLER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_SHARED_FIELD_NUMBER: _ClassVar[int]
    filler: FillerParameter
    channel_shared: bool
    def __init__(
        self, filler: FillerParameter | _Mapping | None = ..., channel_shared: bool = ...
    ) -> None: ...

class ReLUParameter(_message.Message):
    __slots__ = ("negative_slope", "engine", "fuse")
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[ReLUParameter.Engine]
        CAFFE: _ClassVar[ReLUParameter.Engine]
        CUDNN: _ClassVar[ReLUParameter.Engine]
        MKL2017: _ClassVar[ReLUParameter.Engine]
        MKLDNN: _ClassVar[ReLUParameter.Engine]

    DEFAULT: ReLUParameter.Engine
    CAFFE: ReLUParameter.Engine
    CUDNN: ReLUParameter.Engine
    MKL2017: ReLUParameter.Engine
    MKLDNN: ReLUParameter.Engine
    NEGATIVE_SLOPE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    FUSE_FIELD_NUMBER: _ClassVar[int]
    negative_slope: float
    engine: ReLUParameter.Engine
    fuse: bool
    def __init__(
        self,
        negative_slope: float | None = ...,
        engine: ReLUParameter.Engine | str | None = ...,
        fuse: bool = ...,
    ) -> None: ...

class SigmoidParameter(_message.Message):
    __slots__ = ("engine",)
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[SigmoidParameter.Engine]
        CAFFE: _ClassVar[SigmoidParameter.Engine]
        CUDNN: _ClassVar[SigmoidParameter.Engine]

    DEFAULT: SigmoidParameter.Engine
    CAFFE: SigmoidParameter.Engine
    CUDNN: SigmoidParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: SigmoidParameter.Engine
    def __init__(self, engine: SigmoidParameter.Engine | str | None = ...) -> None: ...

class SwishParameter(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: float | None = ...) -> None: ...

class TanHParameter(_message.Message):
    __slots__ = ("engine",)
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[TanHParameter.Engine]
        CAFFE: _ClassVar[TanHParameter.Engine]
        CUDNN: _ClassVar[TanHParameter.Engine]

    DEFAULT: TanHParameter.Engine
    CAFFE: TanHParameter.Engine
    CUDNN: TanHParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: TanHParameter.Engine
    def __init__(self, engine: TanHParameter.Engine | str | None = ...) -> None: ...

class ThresholdParameter(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: float | None = ...) -> None: ...

class ArgMaxParameter(_message.Message):
    __slots__ = ("out_max_val", "top_k", "axis")
    OUT_MAX_VAL_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    out_max_val: bool
    top_k: int
    axis: int
    def __init__(
        self, out_max_val: bool = ..., top_k: int | None = ..., axis: int | None = ...
    ) -> None: ...

class BatchNormParameter(_message.Message):
    __slots__ = (
        "use_global_stats",
        "moving_average_fraction",
        "eps",
        "update_global_stats",
        "scale_filler",
        "bias_filler",
        "scale_bias",
        "engine",
        "use_weight_bias",
        "bias_term",
        "filler",
        "stats_batch_size",
        "relu",
    )
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[BatchNormParameter.Engine]
        CAFFE: _ClassVar[BatchNormParameter.Engine]
        CUDNN: _ClassVar[BatchNormParameter.Engine]
        MKL2017: _ClassVar[BatchNormParameter.Engine]
        MKLDNN: _ClassVar[BatchNormParameter.Engine]

    DEFAULT: BatchNormParameter.Engine
    CAFFE: BatchNormParameter.Engine
    CUDNN: BatchNormParameter.Engine
    MKL2017: BatchNormParameter.Engine
    MKLDNN: BatchNormParameter.Engine
    USE_GLOBAL_STATS_FIELD_NUMBER: _ClassVar[int]
    MOVING_AVERAGE_FRACTION_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_GLOBAL_STATS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    SCALE_BIAS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    USE_WEIGHT_BIAS_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    STATS_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    RELU_FIELD_NUMBER: _ClassVar[int]
    use_global_stats: bool
    moving_average_fraction: float
    eps: float
    update_global_stats: bool
    scale_filler: FillerParameter
    bias_filler: FillerParameter
    scale_bias: bool
    engine: BatchNormParameter.Engine
    use_weight_bias: bool
    bias_term: bool
    filler: FillerParameter
    stats_batch_size: int
    relu: bool
    def __init__(
        self,
        use_global_stats: bool = ...,
        moving_average_fraction: float | None = ...,
        eps: float | None = ...,
        update_global_stats: bool = ...,
        scale_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        scale_bias: bool = ...,
        engine: BatchNormParameter.Engine | str | None = ...,
        use_weight_bias: bool = ...,
        bias_term: bool = ...,
        filler: FillerParameter | _Mapping | None = ...,
        stats_batch_size: int | None = ...,
        relu: bool = ...,
    ) -> None: ...

class BiasParameter(_message.Message):
    __slots__ = ("axis", "num_axes", "filler")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    NUM_AXES_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    num_axes: int
    filler: FillerParameter
    def __init__(
        self,
        axis: int | None = ...,
        num_axes: int | None = ...,
        filler: FillerParameter | _Mapping | None = ...,
    ) -> None: ...

class ConcatParameter(_message.Message):
    __slots__ = ("axis", "concat_dim", "per_fla_fuse", "engine")
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[ConcatParameter.Engine]
        CAFFE: _ClassVar[ConcatParameter.Engine]
        MKL2017: _ClassVar[ConcatParameter.Engine]
        MKLDNN: _ClassVar[ConcatParameter.Engine]

    DEFAULT: ConcatParameter.Engine
    CAFFE: ConcatParameter.Engine
    MKL2017: ConcatParameter.Engine
    MKLDNN: ConcatParameter.Engine
    AXIS_FIELD_NUMBER: _ClassVar[int]
    CONCAT_DIM_FIELD_NUMBER: _ClassVar[int]
    PER_FLA_FUSE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    concat_dim: int
    per_fla_fuse: bool
    engine: ConcatParameter.Engine
    def __init__(
        self,
        axis: int | None = ...,
        concat_dim: int | None = ...,
        per_fla_fuse: bool = ...,
        engine: ConcatParameter.Engine | str | None = ...,
    ) -> None: ...

class EltwiseParameter(_message.Message):
    __slots__ = ("operation", "coeff", "stable_prod_grad", "engine")
    class EltwiseOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PROD: _ClassVar[EltwiseParameter.EltwiseOp]
        SUM: _ClassVar[EltwiseParameter.EltwiseOp]
        MAX: _ClassVar[EltwiseParameter.EltwiseOp]

    PROD: EltwiseParameter.EltwiseOp
    SUM: EltwiseParameter.EltwiseOp
    MAX: EltwiseParameter.EltwiseOp
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[EltwiseParameter.Engine]
        CAFFE: _ClassVar[EltwiseParameter.Engine]
        MKL2017: _ClassVar[EltwiseParameter.Engine]
        MKLDNN: _ClassVar[EltwiseParameter.Engine]

    DEFAULT: EltwiseParameter.Engine
    CAFFE: EltwiseParameter.Engine
    MKL2017: EltwiseParameter.Engine
    MKLDNN: EltwiseParameter.Engine
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    COEFF_FIELD_NUMBER: _ClassVar[int]
    STABLE_PROD_GRAD_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    operation: EltwiseParameter.EltwiseOp
    coeff: _containers.RepeatedScalarFieldContainer[float]
    stable_prod_grad: bool
    engine: EltwiseParameter.Engine
    def __init__(
        self,
        operation: EltwiseParameter.EltwiseOp | str | None = ...,
        coeff: _Iterable[float] | None = ...,
        stable_prod_grad: bool = ...,
        engine: EltwiseParameter.Engine | str | None = ...,
    ) -> None: ...

class EmbedParameter(_message.Message):
    __slots__ = ("num_output", "input_dim", "bias_term", "weight_filler", "bias_filler")
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    input_dim: int
    bias_term: bool
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    def __init__(
        self,
        num_output: int | None = ...,
        input_dim: int | None = ...,
        bias_term: bool = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
    ) -> None: ...

class FlattenParameter(_message.Message):
    __slots__ = ("axis", "end_axis")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    END_AXIS_FIELD_NUMBER: _ClassVar[int]
    axis: int
    end_axis: int
    def __init__(self, axis: int | None = ..., end_axis: int | None = ...) -> None: ...

class InnerProductParameter(_message.Message):
    __slots__ = (
        "num_output",
        "bias_term",
        "weight_filler",
        "bias_filler",
        "axis",
        "transpose",
        "engine",
        "relu",
        "negative_slope",
        "normalize",
    )
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[InnerProductParameter.Engine]
        CAFFE: _ClassVar[InnerProductParameter.Engine]
        CUDNN: _ClassVar[InnerProductParameter.Engine]
        MKLDNN: _ClassVar[InnerProductParameter.Engine]

    DEFAULT: InnerProductParameter.Engine
    CAFFE: InnerProductParameter.Engine
    CUDNN: InnerProductParameter.Engine
    MKLDNN: InnerProductParameter.Engine
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    RELU_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_SLOPE_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    bias_term: bool
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    axis: int
    transpose: bool
    engine: InnerProductParameter.Engine
    relu: bool
    negative_slope: float
    normalize: bool
    def __init__(
        self,
        num_output: int | None = ...,
        bias_term: bool = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        axis: int | None = ...,
        transpose: bool = ...,
        engine: InnerProductParameter.Engine | str | None = ...,
        relu: bool = ...,
        negative_slope: float | None = ...,
        normalize: bool = ...,
    ) -> None: ...

class MVNParameter(_message.Message):
    __slots__ = ("normalize_variance", "across_channels", "eps")
    NORMALIZE_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    ACROSS_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    normalize_variance: bool
    across_channels: bool
    eps: float
    def __init__(
        self, normalize_variance: bool = ..., across_channels: bool = ..., eps: float | None = ...
    ) -> None: ...

class ParameterParameter(_message.Message):
    __slots__ = ("shape", "blob_filler")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    BLOB_FILLER_FIELD_NUMBER: _ClassVar[int]
    shape: BlobShape
    blob_filler: FillerParameter
    def __init__(
        self,
        shape: BlobShape | _Mapping | None = ...,
        blob_filler: FillerParameter | _Mapping | None = ...,
    ) -> None: ...

class PythonParameter(_message.Message):
    __slots__ = ("module", "layer", "param_str", "share_in_parallel")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    PARAM_STR_FIELD_NUMBER: _ClassVar[int]
    SHARE_IN_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    module: str
    layer: str
    param_str: str
    share_in_parallel: bool
    def __init__(
        self,
        module: str | None = ...,
        layer: str | None = ...,
        param_str: str | None = ...,
        share_in_parallel: bool = ...,
    ) -> None: ...

class RecurrentParameter(_message.Message):
    __slots__ = ("num_output", "weight_filler", "bias_filler", "debug_info", "expose_hidden")
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    EXPOSE_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    debug_info: bool
    expose_hidden: bool
    def __init__(
        self,
        num_output: int | None = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        debug_info: bool = ...,
        expose_hidden: bool = ...,
    ) -> None: ...

class ReductionParameter(_message.Message):
    __slots__ = ("operation", "axis", "coeff")
    class ReductionOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SUM: _ClassVar[ReductionParameter.ReductionOp]
        ASUM: _ClassVar[ReductionParameter.ReductionOp]
        SUMSQ: _ClassVar[ReductionParameter.ReductionOp]
        MEAN: _ClassVar[ReductionParameter.ReductionOp]

    SUM: ReductionParameter.ReductionOp
    ASUM: ReductionParameter.ReductionOp
    SUMSQ: ReductionParameter.ReductionOp
    MEAN: ReductionParameter.ReductionOp
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    COEFF_FIELD_NUMBER: _ClassVar[int]
    operation: ReductionParameter.ReductionOp
    axis: int
    coeff: float
    def __init__(
        self,
        operation: ReductionParameter.ReductionOp | str | None = ...,
        axis: int | None = ...,
        coeff: float | None = ...,
    ) -> None: ...

class ReshapeParameter(_message.Message):
    __slots__ = ("shape", "axis", "num_axes")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    NUM_AXES_FIELD_NUMBER: _ClassVar[int]
    shape: BlobShape
    axis: int
    num_axes: int
    def __init__(
        self,
        shape: BlobShape | _Mapping | None = ...,
        axis: int | None = ...,
        num_axes: int | None = ...,
    ) -> None: ...

class ScaleParameter(_message.Message):
    __slots__ = ("axis", "num_axes", "filler", "bias_term", "bias_filler", "min_value")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    NUM_AXES_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    MIN_VALUE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    num_axes: int
    filler: FillerParameter
    bias_term: bool
    bias_filler: FillerParameter
    min_value: float
    def __init__(
        self,
        axis: int | None = ...,
        num_axes: int | None = ...,
        filler: FillerParameter | _Mapping | None = ...,
        bias_term: bool = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        min_value: float | None = ...,
    ) -> None: ...

class SliceParameter(_message.Message):
    __slots__ = ("axis", "slice_point", "slice_dim")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    SLICE_POINT_FIELD_NUMBER: _ClassVar[int]
    SLICE_DIM_FIELD_NUMBER: _ClassVar[int]
    axis: int
    slice_point: _containers.RepeatedScalarFieldContainer[int]
    slice_dim: int
    def __init__(
        self,
        axis: int | None = ...,
        slice_point: _Iterable[int] | None = ...,
        slice_dim: int | None = ...,
    ) -> None: ...

class SoftmaxParameter(_message.Message):
    __slots__ = ("engine", "axis", "normalize_type")
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[SoftmaxParameter.Engine]
        CAFFE: _ClassVar[SoftmaxParameter.Engine]
        CUDNN: _ClassVar[SoftmaxParameter.Engine]

    DEFAULT: SoftmaxParameter.Engine
    CAFFE: SoftmaxParameter.Engine
    CUDNN: SoftmaxParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_TYPE_FIELD_NUMBER: _ClassVar[int]
    engine: SoftmaxParameter.Engine
    axis: int
    normalize_type: str
    def __init__(
        self,
        engine: SoftmaxParameter.Engine | str | None = ...,
        axis: int | None = ...,
        normalize_type: str | None = ...,
    ) -> None: ...

class TileParameter(_message.Message):
    __slots__ = ("axis", "tiles")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    TILES_FIELD_NUMBER: _ClassVar[int]
    axis: int
    tiles: int
    def __init__(self, axis: int | None = ..., tiles: int | None = ...) -> None: ...

class LossParameter(_message.Message):
    __slots__ = (
        "ignore_label",
        "normalization",
        "normalize",
        "weight_by_label_freqs",
        "class_weighting",
        "pre_fixed_normalizer",
        "ignore_objectness",
        "ignore_location",
        "ignore_constraint",
        "ignore_classes",
        "ignore_rank",
        "normalize_supervised",
        "normalize_classes",
        "normalize_constraint",
        "normalize_objectness",
        "is_siftflow",
        "weigh_instance",
        "background_weight",
        "label_smoothing",
    )
    class NormalizationMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FULL: _ClassVar[LossParameter.NormalizationMode]
        VALID: _ClassVar[LossParameter.NormalizationMode]
        BATCH_SIZE: _ClassVar[LossParameter.NormalizationMode]
        NONE: _ClassVar[LossParameter.NormalizationMode]
        PRE_FIXED: _ClassVar[LossParameter.NormalizationMode]

    FULL: LossParameter.NormalizationMode
    VALID: LossParameter.NormalizationMode
    BATCH_SIZE: LossParameter.NormalizationMode
    NONE: LossParameter.NormalizationMode
    PRE_FIXED: LossParameter.NormalizationMode
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    NORMALIZATION_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_BY_LABEL_FREQS_FIELD_NUMBER: _ClassVar[int]
    CLASS_WEIGHTING_FIELD_NUMBER: _ClassVar[int]
    PRE_FIXED_NORMALIZER_FIELD_NUMBER: _ClassVar[int]
    IGNORE_OBJECTNESS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LOCATION_FIELD_NUMBER: _ClassVar[int]
    IGNORE_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    IGNORE_CLASSES_FIELD_NUMBER: _ClassVar[int]
    IGNORE_RANK_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_SUPERVISED_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_CLASSES_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_OBJECTNESS_FIELD_NUMBER: _ClassVar[int]
    IS_SIFTFLOW_FIELD_NUMBER: _ClassVar[int]
    WEIGH_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    ignore_label: int
    normalization: LossParameter.NormalizationMode
    normalize: bool
    weight_by_label_freqs: bool
    class_weighting: _containers.RepeatedScalarFieldContainer[float]
    pre_fixed_normalizer: float
    ignore_objectness: bool
    ignore_location: bool
    ignore_constraint: bool
    ignore_classes: bool
    ignore_rank: bool
    normalize_supervised: bool
    normalize_classes: bool
    normalize_constraint: bool
    normalize_objectness: bool
    is_siftflow: bool
    weigh_instance: bool
    background_weight: float
    label_smoothing: float
    def __init__(
        self,
        ignore_label: int | None = ...,
        normalization: LossParameter.NormalizationMode | str | None = ...,
        normalize: bool = ...,
        weight_by_label_freqs: bool = ...,
        class_weighting: _Iterable[float] | None = ...,
        pre_fixed_normalizer: float | None = ...,
        ignore_objectness: bool = ...,
        ignore_location: bool = ...,
        ignore_constraint: bool = ...,
        ignore_classes: bool = ...,
        ignore_rank: bool = ...,
        normalize_supervised: bool = ...,
        normalize_classes: bool = ...,
        normalize_constraint: bool = ...,
        normalize_objectness: bool = ...,
        is_siftflow: bool = ...,
        weigh_instance: bool = ...,
        background_weight: float | None = ...,
        label_smoothing: float | None = ...,
    ) -> None: ...

class AccuracyParameter(_message.Message):
    __slots__ = ("top_k", "axis", "ignore_label", "min_is_better")
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    MIN_IS_BETTER_FIELD_NUMBER: _ClassVar[int]
    top_k: int
    axis: int
    ignore_label: int
    min_is_better: bool
    def __init__(
        self,
        top_k: int | None = ...,
        axis: int | None = ...,
        ignore_label: int | None = ...,
        min_is_better: bool = ...,
    ) -> None: ...

class ContrastiveLossParameter(_message.Message):
    __slots__ = ("margin", "legacy_version")
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    LEGACY_VERSION_FIELD_NUMBER: _ClassVar[int]
    margin: float
    legacy_version: bool
    def __init__(self, margin: float | None = ..., legacy_version: bool = ...) -> None: ...

class HingeLossParameter(_message.Message):
    __slots__ = ("norm",)
    class Norm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        L1: _ClassVar[HingeLossParameter.Norm]
        L2: _ClassVar[HingeLossParameter.Norm]

    L1: HingeLossParameter.Norm
    L2: HingeLossParameter.Norm
    NORM_FIELD_NUMBER: _ClassVar[int]
    norm: HingeLossParameter.Norm
    def __init__(self, norm: HingeLossParameter.Norm | str | None = ...) -> None: ...

class InfogainLossParameter(_message.Message):
    __slots__ = ("source", "axis")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    source: str
    axis: int
    def __init__(self, source: str | None = ..., axis: int | None = ...) -> None: ...

class V1LayerParameter(_message.Message):
    __slots__ = (
        "layer",
        "bottom",
        "top",
        "name",
        "type",
        "include",
        "exclude",
        "loss_weight",
        "blobs",
        "param",
        "blob_share_mode",
        "blobs_lr",
        "weight_decay",
        "accuracy_param",
        "argmax_param",
        "concat_param",
        "contrastive_loss_param",
        "convolution_param",
        "data_param",
        "dropout_param",
        "dummy_data_param",
        "eltwise_param",
        "exp_param",
        "hdf5_data_param",
        "hdf5_output_param",
        "hinge_loss_param",
        "image_data_param",
        "infogain_loss_param",
        "inner_product_param",
        "lrn_param",
        "memory_data_param",
        "mvn_param",
        "pooling_param",
        "power_param",
        "relu_param",
        "sigmoid_param",
        "softmax_param",
        "slice_param",
        "tanh_param",
        "threshold_param",
        "window_data_param",
        "transform_param",
        "loss_param",
        "strict_dim",
        "adaptive_bias_channel_param",
        "bias_channel_param",
        "censor_label_param",
        "channel_aggregator_param",
        "dense_crf_param",
        "dominant_channel_param",
        "euclidean_loss_param",
        "gain_channel_param",
        "histogram_param",
        "ignore_overlay_param",
        "interp_param",
        "mat_read_param",
        "mat_write_param",
        "onehot_param",
        "padding_param",
        "seg_accuracy_param",
        "softmaxloss_param",
        "unique_label_param",
        "down_sampling_param",
        "binary_accuracy_param",
        "bn_param",
        "eltwise_accuracy_param",
        "red_softmax_loss_param",
        "red_accuracy_param",
        "select_seg_binary_param",
        "unpooling_param",
        "window_cls_data_param",
        "multi_stage_meanfield_param",
    )
    class LayerType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NONE: _ClassVar[V1LayerParameter.LayerType]
        ABSVAL: _ClassVar[V1LayerParameter.LayerType]
        ACCURACY: _ClassVar[V1LayerParameter.LayerType]
        ARGMAX: _ClassVar[V1LayerParameter.LayerType]
        BNLL: _ClassVar[V1LayerParameter.LayerType]
        CONCAT: _ClassVar[V1LayerParameter.LayerType]
        CONTRASTIVE_LOSS: _ClassVar[V1LayerParameter.LayerType]
        CONVOLUTION: _ClassVar[V1LayerParameter.LayerType]
        DATA: _ClassVar[V1LayerParameter.LayerType]
        DECONVOLUTION: _ClassVar[V1LayerParameter.LayerType]
        DROPOUT: _ClassVar[V1LayerParameter.LayerType]
        DUMMY_DATA: _ClassVar[V1LayerParameter.LayerType]
        EUCLIDEAN_LOSS: _ClassVar[V1LayerParameter.LayerType]
        ELTWISE: _ClassVar[V1LayerParameter.LayerType]
        EXP: _ClassVar[V1LayerParameter.LayerType]
        FLATTEN: _ClassVar[V1LayerParameter.LayerType]
        HDF5_DATA: _ClassVar[V1LayerParameter.LayerType]
        HDF5_OUTPUT: _ClassVar[V1LayerParameter.LayerType]
        HINGE_LOSS: _ClassVar[V1LayerParameter.LayerType]
        IM2COL: _ClassVar[V1LayerParameter.LayerType]
        IMAGE_DATA: _ClassVar[V1LayerParameter.LayerType]
        INFOGAIN_LOSS: _ClassVar[V1LayerParameter.LayerType]
        INNER_PRODUCT: _ClassVar[V1LayerParameter.LayerType]
        LRN: _ClassVar[V1LayerParameter.LayerType]
        MEMORY_DATA: _ClassVar[V1LayerParameter.LayerType]
        MULTINOMIAL_LOGISTIC_LOSS: _ClassVar[V1LayerParameter.LayerType]
        MVN: _ClassVar[V1LayerParameter.LayerType]
        POOLING: _ClassVar[V1LayerParameter.LayerType]
        POWER: _ClassVar[V1LayerParameter.LayerType]
        RELU: _ClassVar[V1LayerParameter.LayerType]
        SIGMOID: _ClassVar[V1LayerParameter.LayerType]
        SIGMOID_CROSS_ENTROPY_LOSS: _ClassVar[V1LayerParameter.LayerType]
        SILENCE: _ClassVar[V1LayerParameter.LayerType]
        SOFTMAX: _ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_LOSS: _ClassVar[V1LayerParameter.LayerType]
        SPLIT: _ClassVar[V1LayerParameter.LayerType]
        SLICE: _ClassVar[V1LayerParameter.LayerType]
        TANH: _ClassVar[V1LayerParameter.LayerType]
        WINDOW_DATA: _ClassVar[V1LayerParameter.LayerType]
        THRESHOLD: _ClassVar[V1LayerParameter.LayerType]
        CROP: _ClassVar[V1LayerParameter.LayerType]
        BIN_ACCURACY: _ClassVar[V1LayerParameter.LayerType]
        BN: _ClassVar[V1LayerParameter.LayerType]
        DROPOUT_CHANNEL: _ClassVar[V1LayerParameter.LayerType]
        ELTWISE_ACCURACY: _ClassVar[V1LayerParameter.LayerType]
        IMAGE_SEG_DATA: _ClassVar[V1LayerParameter.LayerType]
        RED_SOFTMAX_LOSS: _ClassVar[V1LayerParameter.LayerType]
        RED_ACCURACY: _ClassVar[V1LayerParameter.LayerType]
        SELECT_SEG_BINARY: _ClassVar[V1LayerParameter.LayerType]
        UNPOOLING: _ClassVar[V1LayerParameter.LayerType]
        WINDOW_CLS_DATA: _ClassVar[V1LayerParameter.LayerType]
        WINDOW_SEG_DATA: _ClassVar[V1LayerParameter.LayerType]
        WINDOW_SEG_BINARY: _ClassVar[V1LayerParameter.LayerType]
        WINDOW_INST_SEG_DATA: _ClassVar[V1LayerParameter.LayerType]
        ADAPTIVE_BIAS_CHANNEL: _ClassVar[V1LayerParameter.LayerType]
        BIAS_CHANNEL: _ClassVar[V1LayerParameter.LayerType]
        CENSOR_LABEL: _ClassVar[V1LayerParameter.LayerType]
        CHANNEL_AGGREGATOR: _ClassVar[V1LayerParameter.LayerType]
        DENSE_CRF: _ClassVar[V1LayerParameter.LayerType]
        DOMINANT_CHANNEL: _ClassVar[V1LayerParameter.LayerType]
        GAIN_CHANNEL: _ClassVar[V1LayerParameter.LayerType]
        HISTOGRAM: _ClassVar[V1LayerParameter.LayerType]
        IGNORE_OVERLAY: _ClassVar[V1LayerParameter.LayerType]
        INTERP: _ClassVar[V1LayerParameter.LayerType]
        MAT_READ: _ClassVar[V1LayerParameter.LayerType]
        MAT_WRITE: _ClassVar[V1LayerParameter.LayerType]
        ONEHOT: _ClassVar[V1LayerParameter.LayerType]
        PADDING: _ClassVar[V1LayerParameter.LayerType]
        RELATIVE_ERROR: _ClassVar[V1LayerParameter.LayerType]
        SEG_ACCURACY: _ClassVar[V1LayerParameter.LayerType]
        UNIQUE_LABEL: _ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_LOSS_OBJECTNESS: _ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_LOSS_OBJECTNESS_PRESENCE: _ClassVar[V1LayerParameter.LayerType]
        SOFTMAX_LOSS_EXPECTATION: _ClassVar[V1LayerParameter.LayerType]
        CONVOLUTION3D: _ClassVar[V1LayerParameter.LayerType]
        POOLING3D: _ClassVar[V1LayerParameter.LayerType]
        VOLUME_DATA: _ClassVar[V1LayerParameter.LayerType]
        VIDEO_DATA: _ClassVar[V1LayerParameter.LayerType]
        DECONVOLUTION3D: _ClassVar[V1LayerParameter.LayerType]
        VIDEO_SEGMENTATION_DATA: _ClassVar[V1LayerParameter.LayerType]
        VOXEL_SOFTMAX: _ClassVar[V1LayerParameter.LayerType]
        VOXEL_SOFTMAX_LOSS: _ClassVar[V1LayerParameter.LayerType]
        VIDEO_WITH_VOXEL_TRUTH_DATA: _ClassVar[V1LayerParameter.LayerType]
        VOXEL_CUSTOM_LOSS: _ClassVar[V1LayerParameter.LayerType]
        DOWN_SAMPLING: _ClassVar[V1LayerParameter.LayerType]
        MULTI_STAGE_MEANFIELD: _ClassVar[V1LayerParameter.LayerType]

    NONE: V1LayerParameter.LayerType
    ABSVAL: V1LayerParameter.LayerType
    ACCURACY: V1LayerParameter.LayerType
    ARGMAX: V1LayerParameter.LayerType
    BNLL: V1LayerParameter.LayerType
    CONCAT: V1LayerParameter.LayerType
    CONTRASTIVE_LOSS: V1LayerParameter.LayerType
    CONVOLUTION: V1LayerParameter.LayerType
    DATA: V1LayerParameter.LayerType
    DECONVOLUTION: V1LayerParameter.LayerType
    DROPOUT: V1LayerParameter.LayerType
    DUMMY_DATA: V1LayerParameter.LayerType
    EUCLIDEAN_LOSS: V1LayerParameter.LayerType
    ELTWISE: V1LayerParameter.LayerType
    EXP: V1LayerParameter.LayerType
    FLATTEN: V1LayerParameter.LayerType
    HDF5_DATA: V1LayerParameter.LayerType
    HDF5_OUTPUT: V1LayerParameter.LayerType
    HINGE_LOSS: V1LayerParameter.LayerType
    IM2COL: V1LayerParameter.LayerType
    IMAGE_DATA: V1LayerParameter.LayerType
    INFOGAIN_LOSS: V1LayerParameter.LayerType
    INNER_PRODUCT: V1LayerParameter.LayerType
    LRN: V1LayerParameter.LayerType
    MEMORY_DATA: V1LayerParameter.LayerType
    MULTINOMIAL_LOGISTIC_LOSS: V1LayerParameter.LayerType
    MVN: V1LayerParameter.LayerType
    POOLING: V1LayerParameter.LayerType
    POWER: V1LayerParameter.LayerType
    RELU: V1LayerParameter.LayerType
    SIGMOID: V1LayerParameter.LayerType
    SIGMOID_CROSS_ENTROPY_LOSS: V1LayerParameter.LayerType
    SILENCE: V1LayerParameter.LayerType
    SOFTMAX: V1LayerParameter.LayerType
    SOFTMAX_LOSS: V1LayerParameter.LayerType
    SPLIT: V1LayerParameter.LayerType
    SLICE: V1LayerParameter.LayerType
    TANH: V1LayerParameter.LayerType
    WINDOW_DATA: V1LayerParameter.LayerType
    THRESHOLD: V1LayerParameter.LayerType
    CROP: V1LayerParameter.LayerType
    BIN_ACCURACY: V1LayerParameter.LayerType
    BN: V1LayerParameter.LayerType
    DROPOUT_CHANNEL: V1LayerParameter.LayerType
    ELTWISE_ACCURACY: V1LayerParameter.LayerType
    IMAGE_SEG_DATA: V1LayerParameter.LayerType
    RED_SOFTMAX_LOSS: V1LayerParameter.LayerType
    RED_ACCURACY: V1LayerParameter.LayerType
    SELECT_SEG_BINARY: V1LayerParameter.LayerType
    UNPOOLING: V1LayerParameter.LayerType
    WINDOW_CLS_DATA: V1LayerParameter.LayerType
    WINDOW_SEG_DATA: V1LayerParameter.LayerType
    WINDOW_SEG_BINARY: V1LayerParameter.LayerType
    WINDOW_INST_SEG_DATA: V1LayerParameter.LayerType
    ADAPTIVE_BIAS_CHANNEL: V1LayerParameter.LayerType
    BIAS_CHANNEL: V1LayerParameter.LayerType
    CENSOR_LABEL: V1LayerParameter.LayerType
    CHANNEL_AGGREGATOR: V1LayerParameter.LayerType
    DENSE_CRF: V1LayerParameter.LayerType
    DOMINANT_CHANNEL: V1LayerParameter.LayerType
    GAIN_CHANNEL: V1LayerParameter.LayerType
    HISTOGRAM: V1LayerParameter.LayerType
    IGNORE_OVERLAY: V1LayerParameter.LayerType
    INTERP: V1LayerParameter.LayerType
    MAT_READ: V1LayerParameter.LayerType
    MAT_WRITE: V1LayerParameter.LayerType
    ONEHOT: V1LayerParameter.LayerType
    PADDING: V1LayerParameter.LayerType
    RELATIVE_ERROR: V1LayerParameter.LayerType
    SEG_ACCURACY: V1LayerParameter.LayerType
    UNIQUE_LABEL: V1LayerParameter.LayerType
    SOFTMAX_LOSS_OBJECTNESS: V1LayerParameter.LayerType
    SOFTMAX_LOSS_OBJECTNESS_PRESENCE: V1LayerParameter.LayerType
    SOFTMAX_LOSS_EXPECTATION: V1LayerParameter.LayerType
    CONVOLUTION3D: V1LayerParameter.LayerType
    POOLING3D: V1LayerParameter.LayerType
    VOLUME_DATA: V1LayerParameter.LayerType
    VIDEO_DATA: V1LayerParameter.LayerType
    DECONVOLUTION3D: V1LayerParameter.LayerType
    VIDEO_SEGMENTATION_DATA: V1LayerParameter.LayerType
    VOXEL_SOFTMAX: V1LayerParameter.LayerType
    VOXEL_SOFTMAX_LOSS: V1LayerParameter.LayerType
    VIDEO_WITH_VOXEL_TRUTH_DATA: V1LayerParameter.LayerType
    VOXEL_CUSTOM_LOSS: V1LayerParameter.LayerType
    DOWN_SAMPLING: V1LayerParameter.LayerType
    MULTI_STAGE_MEANFIELD: V1LayerParameter.LayerType
    class DimCheckMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STRICT: _ClassVar[V1LayerParameter.DimCheckMode]
        PERMISSIVE: _ClassVar[V1LayerParameter.DimCheckMode]

    STRICT: V1LayerParameter.DimCheckMode
    PERMISSIVE: V1LayerParameter.DimCheckMode
    LAYER_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    PARAM_FIELD_NUMBER: _ClassVar[int]
    BLOB_SHARE_MODE_FIELD_NUMBER: _ClassVar[int]
    BLOBS_LR_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    ARGMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONCAT_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONVOLUTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DUMMY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    EXP_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    HINGE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    INFOGAIN_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    LRN_PARAM_FIELD_NUMBER: _ClassVar[int]
    MEMORY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    MVN_PARAM_FIELD_NUMBER: _ClassVar[int]
    POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    POWER_PARAM_FIELD_NUMBER: _ClassVar[int]
    RELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    SIGMOID_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    SLICE_PARAM_FIELD_NUMBER: _ClassVar[int]
    TANH_PARAM_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_PARAM_FIELD_NUMBER: _ClassVar[int]
    WINDOW_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    STRICT_DIM_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_BIAS_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    BIAS_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    CENSOR_LABEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_AGGREGATOR_PARAM_FIELD_NUMBER: _ClassVar[int]
    DENSE_CRF_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOMINANT_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    EUCLIDEAN_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    GAIN_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    HISTOGRAM_PARAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_OVERLAY_PARAM_FIELD_NUMBER: _ClassVar[int]
    INTERP_PARAM_FIELD_NUMBER: _ClassVar[int]
    MAT_READ_PARAM_FIELD_NUMBER: _ClassVar[int]
    MAT_WRITE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ONEHOT_PARAM_FIELD_NUMBER: _ClassVar[int]
    PADDING_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEG_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAXLOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_LABEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOWN_SAMPLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    BINARY_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    BN_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    RED_SOFTMAX_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    RED_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    SELECT_SEG_BINARY_PARAM_FIELD_NUMBER: _ClassVar[int]
    UNPOOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    WINDOW_CLS_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    MULTI_STAGE_MEANFIELD_PARAM_FIELD_NUMBER: _ClassVar[int]
    layer: V0LayerParameter
    bottom: _containers.RepeatedScalarFieldContainer[str]
    top: _containers.RepeatedScalarFieldContainer[str]
    name: str
    type: V1LayerParameter.LayerType
    include: _containers.RepeatedCompositeFieldContainer[NetStateRule]
    exclude: _containers.RepeatedCompositeFieldContainer[NetStateRule]
    loss_weight: _containers.RepeatedScalarFieldContainer[float]
    blobs: _containers.RepeatedCompositeFieldContainer[BlobProto]
    param: _containers.RepeatedScalarFieldContainer[str]
    blob_share_mode: _containers.RepeatedScalarFieldContainer[V1LayerParameter.DimCheckMode]
    blobs_lr: _containers.RepeatedScalarFieldContainer[float]
    weight_decay: _containers.RepeatedScalarFieldContainer[float]
    accuracy_param: AccuracyParameter
    argmax_param: ArgMaxParameter
    concat_param: ConcatParameter
    contrastive_loss_param: ContrastiveLossParameter
    convolution_param: ConvolutionParameter
    data_param: DataParameter
    dropout_param: DropoutParameter
    dummy_data_param: DummyDataParameter
    eltwise_param: EltwiseParameter
    exp_param: ExpParameter
    hdf5_data_param: HDF5DataParameter
    hdf5_output_param: HDF5OutputParameter
    hinge_loss_param: HingeLossParameter
    image_data_param: ImageDataParameter
    infogain_loss_param: InfogainLossParameter
    inner_product_param: InnerProductParameter
    lrn_param: LRNParameter
    memory_data_param: MemoryDataParameter
    mvn_param: MVNParameter
    pooling_param: PoolingParameter
    power_param: PowerParameter
    relu_param: ReLUParameter
    sigmoid_param: SigmoidParameter
    softmax_param: SoftmaxParameter
    slice_param: SliceParameter
    tanh_param: TanHParameter
    threshold_param: ThresholdParameter
    window_data_param: WindowDataParameter
    transform_param: TransformationParameter
    loss_param: LossParameter
    strict_dim: bool
    adaptive_bias_channel_param: AdaptiveBiasChannelParameter
    bias_channel_param: BiasChannelParameter
    censor_label_param: CensorLabelParameter
    channel_aggregator_param: ChannelAggregatorParameter
    dense_crf_param: DenseCRFParameter
    dominant_channel_param: DominantChannelParameter
    euclidean_loss_param: EuclideanLossParameter
    gain_channel_param: GainChannelParameter
    histogram_param: HistogramParameter
    ignore_overlay_param: IgnoreOverlayParameter
    interp_param: InterpParameter
    mat_read_param: MatReadParameter
    mat_write_param: MatWriteParameter
    onehot_param: OneHotParameter
    padding_param: PaddingParameter
    seg_accuracy_param: SegAccuracyParameter
    softmaxloss_param: SoftmaxLossParameter
    unique_label_param: UniqueLabelParameter
    down_sampling_param: DownSamplingParameter
    binary_accuracy_param: BinaryAccuracyParameter
    bn_param: BNParameter
    eltwise_accuracy_param: EltwiseAccuracyParameter
    red_softmax_loss_param: RedSoftmaxWithLossParameter
    red_accuracy_param: RedAccuracyParameter
    select_seg_binary_param: SelectSegBinaryParameter
    unpooling_param: UnpoolingParameter
    window_cls_data_param: WindowClsDataParameter
    multi_stage_meanfield_param: MultiStageMeanfieldParameter
    def __init__(
        self,
        layer: V0LayerParameter | _Mapping | None = ...,
        bottom: _Iterable[str] | None = ...,
        top: _Iterable[str] | None = ...,
        name: str | None = ...,
        type: V1LayerParameter.LayerType | str | None = ...,
        include: _Iterable[NetStateRule | _Mapping] | None = ...,
        exclude: _Iterable[NetStateRule | _Mapping] | None = ...,
        loss_weight: _Iterable[float] | None = ...,
        blobs: _Iterable[BlobProto | _Mapping] | None = ...,
        param: _Iterable[str] | None = ...,
        blob_share_mode: _Iterable[V1LayerParameter.DimCheckMode | str] | None = ...,
        blobs_lr: _Iterable[float] | None = ...,
        weight_decay: _Iterable[float] | None = ...,
        accuracy_param: AccuracyParameter | _Mapping | None = ...,
        argmax_param: ArgMaxParameter | _Mapping | None = ...,
        concat_param: ConcatParameter | _Mapping | None = ...,
        contrastive_loss_param: ContrastiveLossParameter | _Mapping | None = ...,
        convolution_param: ConvolutionParameter | _Mapping | None = ...,
        data_param: DataParameter | _Mapping | None = ...,
        dropout_param: DropoutParameter | _Mapping | None = ...,
        dummy_data_param: DummyDataParameter | _Mapping | None = ...,
        eltwise_param: EltwiseParameter | _Mapping | None = ...,
        exp_param: ExpParameter | _Mapping | None = ...,
        hdf5_data_param: HDF5DataParameter | _Mapping | None = ...,
        hdf5_output_param: HDF5OutputParameter | _Mapping | None = ...,
        hinge_loss_param: HingeLossParameter | _Mapping | None = ...,
        image_data_param: ImageDataParameter | _Mapping | None = ...,
        infogain_loss_param: InfogainLossParameter | _Mapping | None = ...,
        inner_product_param: InnerProductParameter | _Mapping | None = ...,
        lrn_param: LRNParameter | _Mapping | None = ...,
        memory_data_param: MemoryDataParameter | _Mapping | None = ...,
        mvn_param: MVNParameter | _Mapping | None = ...,
        pooling_param: PoolingParameter | _Mapping | None = ...,
        power_param: PowerParameter | _Mapping | None = ...,
        relu_param: ReLUParameter | _Mapping | None = ...,
        sigmoid_param: SigmoidParameter | _Mapping | None = ...,
        softmax_param: SoftmaxParameter | _Mapping | None = ...,
        slice_param: SliceParameter | _Mapping | None = ...,
        tanh_param: TanHParameter | _Mapping | None = ...,
        threshold_param: ThresholdParameter | _Mapping | None = ...,
        window_data_param: WindowDataParameter | _Mapping | None = ...,
        transform_param: TransformationParameter | _Mapping | None = ...,
        loss_param: LossParameter | _Mapping | None = ...,
        strict_dim: bool = ...,
        adaptive_bias_channel_param: AdaptiveBiasChannelParameter | _Mapping | None = ...,
        bias_channel_param: BiasChannelParameter | _Mapping | None = ...,
        censor_label_param: CensorLabelParameter | _Mapping | None = ...,
        channel_aggregator_param: ChannelAggregatorParameter | _Mapping | None = ...,
        dense_crf_param: DenseCRFParameter | _Mapping | None = ...,
        dominant_channel_param: DominantChannelParameter | _Mapping | None = ...,
        euclidean_loss_param: EuclideanLossParameter | _Mapping | None = ...,
        gain_channel_param: GainChannelParameter | _Mapping | None = ...,
        histogram_param: HistogramParameter | _Mapping | None = ...,
        ignore_overlay_param: IgnoreOverlayParameter | _Mapping | None = ...,
        interp_param: InterpParameter | _Mapping | None = ...,
        mat_read_param: MatReadParameter | _Mapping | None = ...,
        mat_write_param: MatWriteParameter | _Mapping | None = ...,
        onehot_param: OneHotParameter | _Mapping | None = ...,
        padding_param: PaddingParameter | _Mapping | None = ...,
        seg_accuracy_param: SegAccuracyParameter | _Mapping | None = ...,
        softmaxloss_param: SoftmaxLossParameter | _Mapping | None = ...,
        unique_label_param: UniqueLabelParameter | _Mapping | None = ...,
        down_sampling_param: DownSamplingParameter | _Mapping | None = ...,
        binary_accuracy_param: BinaryAccuracyParameter | _Mapping | None = ...,
        bn_param: BNParameter | _Mapping | None = ...,
        eltwise_accuracy_param: EltwiseAccuracyParameter | _Mapping | None = ...,
        red_softmax_loss_param: RedSoftmaxWithLossParameter | _Mapping | None = ...,
        red_accuracy_param: RedAccuracyParameter | _Mapping | None = ...,
        select_seg_binary_param: SelectSegBinaryParameter | _Mapping | None = ...,
        unpooling_param: UnpoolingParameter | _Mapping | None = ...,
        window_cls_data_param: WindowClsDataParameter | _Mapping | None = ...,
        multi_stage_meanfield_param: MultiStageMeanfieldParameter | _Mapping | None = ...,
    ) -> None: ...

class V0LayerParameter(_message.Message):
    __slots__ = (
        "name",
        "type",
        "num_output",
        "biasterm",
        "weight_filler",
        "bias_filler",
        "pad",
        "kernelsize",
        "group",
        "stride",
        "pool",
        "dropout_ratio",
        "local_size",
        "alpha",
        "beta",
        "k",
        "source",
        "scale",
        "meanfile",
        "batchsize",
        "cropsize",
        "mirror",
        "rand_skip",
        "shuffle_images",
        "new_num",
        "new_channels",
        "new_height",
        "new_width",
        "det_fg_threshold",
        "det_bg_threshold",
        "det_fg_fraction",
        "det_context_pad",
        "det_crop_mode",
        "concat_dim",
        "hdf5_output_param",
        "blobs",
        "blobs_lr",
        "weight_decay",
    )
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MAX: _ClassVar[V0LayerParameter.PoolMethod]
        AVE: _ClassVar[V0LayerParameter.PoolMethod]
        STOCHASTIC: _ClassVar[V0LayerParameter.PoolMethod]

    MAX: V0LayerParameter.PoolMethod
    AVE: V0LayerParameter.PoolMethod
    STOCHASTIC: V0LayerParameter.PoolMethod
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    BIASTERM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    KERNELSIZE_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOCAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MEANFILE_FIELD_NUMBER: _ClassVar[int]
    BATCHSIZE_FIELD_NUMBER: _ClassVar[int]
    CROPSIZE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_IMAGES_FIELD_NUMBER: _ClassVar[int]
    NEW_NUM_FIELD_NUMBER: _ClassVar[int]
    NEW_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    DET_FG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    DET_BG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    DET_FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    DET_CONTEXT_PAD_FIELD_NUMBER: _ClassVar[int]
    DET_CROP_MODE_FIELD_NUMBER: _ClassVar[int]
    CONCAT_DIM_FIELD_NUMBER: _ClassVar[int]
    HDF5_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    BLOBS_LR_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    num_output: int
    biasterm: bool
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    pad: int
    kernelsize: int
    group: int
    stride: int
    pool: V0LayerParameter.PoolMethod
    dropout_ratio: float
    local_size: int
    alpha: float
    beta: float
    k: float
    source: str
    scale: float
    meanfile: str
    batchsize: int
    cropsize: int
    mirror: bool
    rand_skip: int
    shuffle_images: bool
    new_num: int
    new_channels: int
    new_height: int
    new_width: int
    det_fg_threshold: float
    det_bg_threshold: float
    det_fg_fraction: float
    det_context_pad: int
    det_crop_mode: str
    concat_dim: int
    hdf5_output_param: HDF5OutputParameter
    blobs: _containers.RepeatedCompositeFieldContainer[BlobProto]
    blobs_lr: _containers.RepeatedScalarFieldContainer[float]
    weight_decay: _containers.RepeatedScalarFieldContainer[float]
    def __init__(
        self,
        name: str | None = ...,
        type: str | None = ...,
        num_output: int | None = ...,
        biasterm: bool = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        pad: int | None = ...,
        kernelsize: int | None = ...,
        group: int | None = ...,
        stride: int | None = ...,
        pool: V0LayerParameter.PoolMethod | str | None = ...,
        dropout_ratio: float | None = ...,
        local_size: int | None = ...,
        alpha: float | None = ...,
        beta: float | None = ...,
        k: float | None = ...,
        source: str | None = ...,
        scale: float | None = ...,
        meanfile: str | None = ...,
        batchsize: int | None = ...,
        cropsize: int | None = ...,
        mirror: bool = ...,
        rand_skip: int | None = ...,
        shuffle_images: bool = ...,
        new_num: int | None = ...,
        new_channels: int | None = ...,
        new_height: int | None = ...,
        new_width: int | None = ...,
        det_fg_threshold: float | None = ...,
        det_bg_threshold: float | None = ...,
        det_fg_fraction: float | None = ...,
        det_context_pad: int | None = ...,
        det_crop_mode: str | None = ...,
        concat_dim: int | None = ...,
        hdf5_output_param: HDF5OutputParameter | _Mapping | None = ...,
        blobs: _Iterable[BlobProto | _Mapping] | None = ...,
        blobs_lr: _Iterable[float] | None = ...,
        weight_decay: _Iterable[float] | None = ...,
    ) -> None: ...

class APLParameter(_message.Message):
    __slots__ = ("sums", "slope_filler", "offset_filler", "save_mem")
    SUMS_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FILLER_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FILLER_FIELD_NUMBER: _ClassVar[int]
    SAVE_MEM_FIELD_NUMBER: _ClassVar[int]
    sums: int
    slope_filler: FillerParameter
    offset_filler: FillerParameter
    save_mem: bool
    def __init__(
        self,
        sums: int | None = ...,
        slope_filler: FillerParameter | _Mapping | None = ...,
        offset_filler: FillerParameter | _Mapping | None = ...,
        save_mem: bool = ...,
    ) -> None: ...

class AccumParameter(_message.Message):
    __slots__ = ("top_height", "top_width", "size_divisible_by", "have_reference")
    TOP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TOP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    SIZE_DIVISIBLE_BY_FIELD_NUMBER: _ClassVar[int]
    HAVE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    top_height: int
    top_width: int
    size_divisible_by: int
    have_reference: bool
    def __init__(
        self,
        top_height: int | None = ...,
        top_width: int | None = ...,
        size_divisible_by: int | None = ...,
        have_reference: bool = ...,
    ) -> None: ...

class AdaptiveBiasChannelParameter(_message.Message):
    __slots__ = ("num_iter", "bg_portion", "fg_portion", "suppress_others", "margin_others")
    NUM_ITER_FIELD_NUMBER: _ClassVar[int]
    BG_PORTION_FIELD_NUMBER: _ClassVar[int]
    FG_PORTION_FIELD_NUMBER: _ClassVar[int]
    SUPPRESS_OTHERS_FIELD_NUMBER: _ClassVar[int]
    MARGIN_OTHERS_FIELD_NUMBER: _ClassVar[int]
    num_iter: int
    bg_portion: float
    fg_portion: float
    suppress_others: bool
    margin_others: float
    def __init__(
        self,
        num_iter: int | None = ...,
        bg_portion: float | None = ...,
        fg_portion: float | None = ...,
        suppress_others: bool = ...,
        margin_others: float | None = ...,
    ) -> None: ...

class AnnotatedDataParameter(_message.Message):
    __slots__ = (
        "batch_sampler",
        "label_map_file",
        "anno_type",
        "oriented",
        "yolo_data_type",
        "yolo_data_jitter",
        "train_diffcult",
        "single_class",
        "seg_scales",
        "seg_resize_width",
        "seg_resize_height",
        "difficult_label_warmup",
    )
    BATCH_SAMPLER_FIELD_NUMBER: _ClassVar[int]
    LABEL_MAP_FILE_FIELD_NUMBER: _ClassVar[int]
    ANNO_TYPE_FIELD_NUMBER: _ClassVar[int]
    ORIENTED_FIELD_NUMBER: _ClassVar[int]
    YOLO_DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    YOLO_DATA_JITTER_FIELD_NUMBER: _ClassVar[int]
    TRAIN_DIFFCULT_FIELD_NUMBER: _ClassVar[int]
    SINGLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    SEG_SCALES_FIELD_NUMBER: _ClassVar[int]
    SEG_RESIZE_WIDTH_FIELD_NUMBER: _ClassVar[int]
    SEG_RESIZE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DIFFICULT_LABEL_WARMUP_FIELD_NUMBER: _ClassVar[int]
    batch_sampler: _containers.RepeatedCompositeFieldContainer[BatchSampler]
    label_map_file: str
    anno_type: AnnotatedDatum.AnnotationType
    oriented: bool
    yolo_data_type: int
    yolo_data_jitter: float
    train_diffcult: bool
    single_class: bool
    seg_scales: int
    seg_resize_width: int
    seg_resize_height: int
    difficult_label_warmup: bool
    def __init__(
        self,
        batch_sampler: _Iterable[BatchSampler | _Mapping] | None = ...,
        label_map_file: str | None = ...,
        anno_type: AnnotatedDatum.AnnotationType | str | None = ...,
        oriented: bool = ...,
        yolo_data_type: int | None = ...,
        yolo_data_jitter: float | None = ...,
        train_diffcult: bool = ...,
        single_class: bool = ...,
        seg_scales: int | None = ...,
        seg_resize_width: int | None = ...,
        seg_resize_height: int | None = ...,
        difficult_label_warmup: bool = ...,
    ) -> None: ...

class AnnotatedDatum(_message.Message):
    __slots__ = ("datum", "type", "annotation_group", "record_id")
    class AnnotationType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BBOX: _ClassVar[AnnotatedDatum.AnnotationType]
        BBOXandSeg: _ClassVar[AnnotatedDatum.AnnotationType]
        LANE: _ClassVar[AnnotatedDatum.AnnotationType]

    BBOX: AnnotatedDatum.AnnotationType
    BBOXandSeg: AnnotatedDatum.AnnotationType
    LANE: AnnotatedDatum.AnnotationType
    DATUM_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_GROUP_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    datum: Datum
    type: AnnotatedDatum.AnnotationType
    annotation_group: _containers.RepeatedCompositeFieldContainer[AnnotationGroup]
    record_id: int
    def __init__(
        self,
        datum: Datum | _Mapping | None = ...,
        type: AnnotatedDatum.AnnotationType | str | None = ...,
        annotation_group: _Iterable[AnnotationGroup | _Mapping] | None = ...,
        record_id: int | None = ...,
    ) -> None: ...

class Annotation(_message.Message):
    __slots__ = ("instance_id", "bbox", "oriented_bbox", "lanes")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    BBOX_FIELD_NUMBER: _ClassVar[int]
    ORIENTED_BBOX_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    instance_id: int
    bbox: NormalizedBBox
    oriented_bbox: NormalizedOrientedBBox
    lanes: LaneInfo
    def __init__(
        self,
        instance_id: int | None = ...,
        bbox: NormalizedBBox | _Mapping | None = ...,
        oriented_bbox: NormalizedOrientedBBox | _Mapping | None = ...,
        lanes: LaneInfo | _Mapping | None = ...,
    ) -> None: ...

class AnnotationGroup(_message.Message):
    __slots__ = ("group_label", "annotation")
    GROUP_LABEL_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    group_label: int
    annotation: _containers.RepeatedCompositeFieldContainer[Annotation]
    def __init__(
        self,
        group_label: int | None = ...,
        annotation: _Iterable[Annotation | _Mapping] | None = ...,
    ) -> None: ...

class AugmentationParameter(_message.Message):
    __slots__ = (
        "crop_width",
        "crop_height",
        "write_augmented",
        "max_multiplier",
        "augment_during_test",
        "recompute_mean",
        "write_mean",
        "mean_per_pixel",
        "mean",
        "mode",
        "bottomwidth",
        "bottomheight",
        "num",
        "chromatic_eigvec",
        "mirror",
        "translate",
        "rotate",
        "zoom",
        "squeeze",
        "translate_x",
        "translate_y",
        "gamma",
        "brightness",
        "contrast",
        "color",
        "lmult_pow",
        "lmult_mult",
        "lmult_add",
        "sat_pow",
        "sat_mult",
        "sat_add",
        "col_pow",
        "col_mult",
        "col_add",
        "ladd_pow",
        "ladd_mult",
        "ladd_add",
        "col_rotate",
        "fog_amount",
        "fog_size",
        "motion_blur_angle",
        "motion_blur_size",
        "shadow_angle",
        "shadow_distance",
        "shadow_strength",
        "noise",
    )
    CROP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CROP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WRITE_AUGMENTED_FIELD_NUMBER: _ClassVar[int]
    MAX_MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    AUGMENT_DURING_TEST_FIELD_NUMBER: _ClassVar[int]
    RECOMPUTE_MEAN_FIELD_NUMBER: _ClassVar[int]
    WRITE_MEAN_FIELD_NUMBER: _ClassVar[int]
    MEAN_PER_PIXEL_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    BOTTOMWIDTH_FIELD_NUMBER: _ClassVar[int]
    BOTTOMHEIGHT_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    CHROMATIC_EIGVEC_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    TRANSLATE_FIELD_NUMBER: _ClassVar[int]
    ROTATE_FIELD_NUMBER: _ClassVar[int]
    ZOOM_FIELD_NUMBER: _ClassVar[int]
    SQUEEZE_FIELD_NUMBER: _ClassVar[int]
    TRANSLATE_X_FIELD_NUMBER: _ClassVar[int]
    TRANSLATE_Y_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    LMULT_POW_FIELD_NUMBER: _ClassVar[int]
    LMULT_MULT_FIELD_NUMBER: _ClassVar[int]
    LMULT_ADD_FIELD_NUMBER: _ClassVar[int]
    SAT_POW_FIELD_NUMBER: _ClassVar[int]
    SAT_MULT_FIELD_NUMBER: _ClassVar[int]
    SAT_ADD_FIELD_NUMBER: _ClassVar[int]
    COL_POW_FIELD_NUMBER: _ClassVar[int]
    COL_MULT_FIELD_NUMBER: _ClassVar[int]
    COL_ADD_FIELD_NUMBER: _ClassVar[int]
    LADD_POW_FIELD_NUMBER: _ClassVar[int]
    LADD_MULT_FIELD_NUMBER: _ClassVar[int]
    LADD_ADD_FIELD_NUMBER: _ClassVar[int]
    COL_ROTATE_FIELD_NUMBER: _ClassVar[int]
    FOG_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    FOG_SIZE_FIELD_NUMBER: _ClassVar[int]
    MOTION_BLUR_ANGLE_FIELD_NUMBER: _ClassVar[int]
    MOTION_BLUR_SIZE_FIELD_NUMBER: _ClassVar[int]
    SHADOW_ANGLE_FIELD_NUMBER: _ClassVar[int]
    SHADOW_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    SHADOW_STRENGTH_FIELD_NUMBER: _ClassVar[int]
    NOISE_FIELD_NUMBER: _ClassVar[int]
    crop_width: int
    crop_height: int
    write_augmented: str
    max_multiplier: float
    augment_during_test: bool
    recompute_mean: int
    write_mean: str
    mean_per_pixel: bool
    mean: _containers.RepeatedScalarFieldContainer[float]
    mode: str
    bottomwidth: int
    bottomheight: int
    num: int
    chromatic_eigvec: _containers.RepeatedScalarFieldContainer[float]
    mirror: RandomGeneratorParameter
    translate: RandomGeneratorParameter
    rotate: RandomGeneratorParameter
    zoom: RandomGeneratorParameter
    squeeze: RandomGeneratorParameter
    translate_x: RandomGeneratorParameter
    translate_y: RandomGeneratorParameter
    gamma: RandomGeneratorParameter
    brightness: RandomGeneratorParameter
    contrast: RandomGeneratorParameter
    color: RandomGeneratorParameter
    lmult_pow: RandomGeneratorParameter
    lmult_mult: RandomGeneratorParameter
    lmult_add: RandomGeneratorParameter
    sat_pow: RandomGeneratorParameter
    sat_mult: RandomGeneratorParameter
    sat_add: RandomGeneratorParameter
    col_pow: RandomGeneratorParameter
    col_mult: RandomGeneratorParameter
    col_add: RandomGeneratorParameter
    ladd_pow: RandomGeneratorParameter
    ladd_mult: RandomGeneratorParameter
    ladd_add: RandomGeneratorParameter
    col_rotate: RandomGeneratorParameter
    fog_amount: RandomGeneratorParameter
    fog_size: RandomGeneratorParameter
    motion_blur_angle: RandomGeneratorParameter
    motion_blur_size: RandomGeneratorParameter
    shadow_angle: RandomGeneratorParameter
    shadow_distance: RandomGeneratorParameter
    shadow_strength: RandomGeneratorParameter
    noise: RandomGeneratorParameter
    def __init__(
        self,
        crop_width: int | None = ...,
        crop_height: int | None = ...,
        write_augmented: str | None = ...,
        max_multiplier: float | None = ...,
        augment_during_test: bool = ...,
        recompute_mean: int | None = ...,
        write_mean: str | None = ...,
        mean_per_pixel: bool = ...,
        mean: _Iterable[float] | None = ...,
        mode: str | None = ...,
        bottomwidth: int | None = ...,
        bottomheight: int | None = ...,
        num: int | None = ...,
        chromatic_eigvec: _Iterable[float] | None = ...,
        mirror: RandomGeneratorParameter | _Mapping | None = ...,
        translate: RandomGeneratorParameter | _Mapping | None = ...,
        rotate: RandomGeneratorParameter | _Mapping | None = ...,
        zoom: RandomGeneratorParameter | _Mapping | None = ...,
        squeeze: RandomGeneratorParameter | _Mapping | None = ...,
        translate_x: RandomGeneratorParameter | _Mapping | None = ...,
        translate_y: RandomGeneratorParameter | _Mapping | None = ...,
        gamma: RandomGeneratorParameter | _Mapping | None = ...,
        brightness: RandomGeneratorParameter | _Mapping | None = ...,
        contrast: RandomGeneratorParameter | _Mapping | None = ...,
        color: RandomGeneratorParameter | _Mapping | None = ...,
        lmult_pow: RandomGeneratorParameter | _Mapping | None = ...,
        lmult_mult: RandomGeneratorParameter | _Mapping | None = ...,
        lmult_add: RandomGeneratorParameter | _Mapping | None = ...,
        sat_pow: RandomGeneratorParameter | _Mapping | None = ...,
        sat_mult: RandomGeneratorParameter | _Mapping | None = ...,
        sat_add: RandomGeneratorParameter | _Mapping | None = ...,
        col_pow: RandomGeneratorParameter | _Mapping | None = ...,
        col_mult: RandomGeneratorParameter | _Mapping | None = ...,
        col_add: RandomGeneratorParameter | _Mapping | None = ...,
        ladd_pow: RandomGeneratorParameter | _Mapping | None = ...,
        ladd_mult: RandomGeneratorParameter | _Mapping | None = ...,
        ladd_add: RandomGeneratorParameter | _Mapping | None = ...,
        col_rotate: RandomGeneratorParameter | _Mapping | None = ...,
        fog_amount: RandomGeneratorParameter | _Mapping | None = ...,
        fog_size: RandomGeneratorParameter | _Mapping | None = ...,
        motion_blur_angle: RandomGeneratorParameter | _Mapping | None = ...,
        motion_blur_size: RandomGeneratorParameter | _Mapping | None = ...,
        shadow_angle: RandomGeneratorParameter | _Mapping | None = ...,
        shadow_distance: RandomGeneratorParameter | _Mapping | None = ...,
        shadow_strength: RandomGeneratorParameter | _Mapping | None = ...,
        noise: RandomGeneratorParameter | _Mapping | None = ...,
    ) -> None: ...

class BBoxRegParameter(_message.Message):
    __slots__ = ("bbox_mean", "bbox_std", "cls_aware")
    BBOX_MEAN_FIELD_NUMBER: _ClassVar[int]
    BBOX_STD_FIELD_NUMBER: _ClassVar[int]
    CLS_AWARE_FIELD_NUMBER: _ClassVar[int]
    bbox_mean: _containers.RepeatedScalarFieldContainer[float]
    bbox_std: _containers.RepeatedScalarFieldContainer[float]
    cls_aware: bool
    def __init__(
        self,
        bbox_mean: _Iterable[float] | None = ...,
        bbox_std: _Iterable[float] | None = ...,
        cls_aware: bool = ...,
    ) -> None: ...

class BNParameter(_message.Message):
    __slots__ = (
        "bn_mode",
        "scale_filler",
        "shift_filler",
        "slope_filler",
        "bias_filler",
        "momentum",
        "eps",
        "frozen",
        "engine",
        "var_eps",
        "moving_average",
        "decay",
        "axis",
    )
    class BNMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LEARN: _ClassVar[BNParameter.BNMode]
        INFERENCE: _ClassVar[BNParameter.BNMode]

    LEARN: BNParameter.BNMode
    INFERENCE: BNParameter.BNMode
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[BNParameter.Engine]
        CAFFE: _ClassVar[BNParameter.Engine]
        CUDNN: _ClassVar[BNParameter.Engine]

    DEFAULT: BNParameter.Engine
    CAFFE: BNParameter.Engine
    CUDNN: BNParameter.Engine
    BN_MODE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FILLER_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VAR_EPS_FIELD_NUMBER: _ClassVar[int]
    MOVING_AVERAGE_FIELD_NUMBER: _ClassVar[int]
    DECAY_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    bn_mode: BNParameter.BNMode
    scale_filler: FillerParameter
    shift_filler: FillerParameter
    slope_filler: FillerParameter
    bias_filler: FillerParameter
    momentum: float
    eps: float
    frozen: bool
    engine: BNParameter.Engine
    var_eps: float
    moving_average: bool
    decay: float
    axis: float
    def __init__(
        self,
        bn_mode: BNParameter.BNMode | str | None = ...,
        scale_filler: FillerParameter | _Mapping | None = ...,
        shift_filler: FillerParameter | _Mapping | None = ...,
        slope_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        momentum: float | None = ...,
        eps: float | None = ...,
        frozen: bool = ...,
        engine: BNParameter.Engine | str | None = ...,
        var_eps: float | None = ...,
        moving_average: bool = ...,
        decay: float | None = ...,
        axis: float | None = ...,
    ) -> None: ...

class BatchSampler(_message.Message):
    __slots__ = ("use_original_image", "sampler", "sample_constraint", "max_sample", "max_trials")
    USE_ORIGINAL_IMAGE_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    MAX_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    use_original_image: bool
    sampler: Sampler
    sample_constraint: SampleConstraint
    max_sample: int
    max_trials: int
    def __init__(
        self,
        use_original_image: bool = ...,
        sampler: Sampler | _Mapping | None = ...,
        sample_constraint: SampleConstraint | _Mapping | None = ...,
        max_sample: int | None = ...,
        max_trials: int | None = ...,
    ) -> None: ...

class BiasChannelParameter(_message.Message):
    __slots__ = ("bg_bias", "fg_bias", "ignore_label", "label_type", "background_label")
    class LabelType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        IMAGE: _ClassVar[BiasChannelParameter.LabelType]
        PIXEL: _ClassVar[BiasChannelParameter.LabelType]

    IMAGE: BiasChannelParameter.LabelType
    PIXEL: BiasChannelParameter.LabelType
    BG_BIAS_FIELD_NUMBER: _ClassVar[int]
    FG_BIAS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_LABEL_FIELD_NUMBER: _ClassVar[int]
    bg_bias: float
    fg_bias: float
    ignore_label: _containers.RepeatedScalarFieldContainer[int]
    label_type: BiasChannelParameter.LabelType
    background_label: int
    def __init__(
        self,
        bg_bias: float | None = ...,
        fg_bias: float | None = ...,
        ignore_label: _Iterable[int] | None = ...,
        label_type: BiasChannelParameter.LabelType | str | None = ...,
        background_label: int | None = ...,
    ) -> None: ...

class BinLabelDataParameter(_message.Message):
    __slots__ = (
        "bin_list_path",
        "label_list_path",
        "bin_dir",
        "label_dir",
        "batch_size",
        "shuffle",
        "mirror",
        "label_slice",
        "bin_slice",
    )
    BIN_LIST_PATH_FIELD_NUMBER: _ClassVar[int]
    LABEL_LIST_PATH_FIELD_NUMBER: _ClassVar[int]
    BIN_DIR_FIELD_NUMBER: _ClassVar[int]
    LABEL_DIR_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    LABEL_SLICE_FIELD_NUMBER: _ClassVar[int]
    BIN_SLICE_FIELD_NUMBER: _ClassVar[int]
    bin_list_path: str
    label_list_path: str
    bin_dir: str
    label_dir: str
    batch_size: int
    shuffle: bool
    mirror: bool
    label_slice: LabelSlice
    bin_slice: LabelSlice
    def __init__(
        self,
        bin_list_path: str | None = ...,
        label_list_path: str | None = ...,
        bin_dir: str | None = ...,
        label_dir: str | None = ...,
        batch_size: int | None = ...,
        shuffle: bool = ...,
        mirror: bool = ...,
        label_slice: LabelSlice | _Mapping | None = ...,
        bin_slice: LabelSlice | _Mapping | None = ...,
    ) -> None: ...

class BinaryAccuracyParameter(_message.Message):
    __slots__ = ("accuracy_mode",)
    class AccuracyMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        Accuracy: _ClassVar[BinaryAccuracyParameter.AccuracyMode]
        Precision: _ClassVar[BinaryAccuracyParameter.AccuracyMode]
        Recall: _ClassVar[BinaryAccuracyParameter.AccuracyMode]
        F_measure: _ClassVar[BinaryAccuracyParameter.AccuracyMode]

    Accuracy: BinaryAccuracyParameter.AccuracyMode
    Precision: BinaryAccuracyParameter.AccuracyMode
    Recall: BinaryAccuracyParameter.AccuracyMode
    F_measure: BinaryAccuracyParameter.AccuracyMode
    ACCURACY_MODE_FIELD_NUMBER: _ClassVar[int]
    accuracy_mode: BinaryAccuracyParameter.AccuracyMode
    def __init__(
        self, accuracy_mode: BinaryAccuracyParameter.AccuracyMode | str | None = ...
    ) -> None: ...

class BoxAnnotatorOHEMParameter(_message.Message):
    __slots__ = ("roi_per_img", "ignore_label")
    ROI_PER_IMG_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    roi_per_img: int
    ignore_label: int
    def __init__(self, roi_per_img: int | None = ..., ignore_label: int | None = ...) -> None: ...

class BoxOutputParameter(_message.Message):
    __slots__ = (
        "fg_thr",
        "iou_thr",
        "nms_type",
        "field_h",
        "field_w",
        "downsample_rate",
        "field_whr",
        "field_xyr",
        "max_nms_num",
        "max_post_nms_num",
        "min_size",
    )
    FG_THR_FIELD_NUMBER: _ClassVar[int]
    IOU_THR_FIELD_NUMBER: _ClassVar[int]
    NMS_TYPE_FIELD_NUMBER: _ClassVar[int]
    FIELD_H_FIELD_NUMBER: _ClassVar[int]
    FIELD_W_FIELD_NUMBER: _ClassVar[int]
    DOWNSAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    FIELD_WHR_FIELD_NUMBER: _ClassVar[int]
    FIELD_XYR_FIELD_NUMBER: _ClassVar[int]
    MAX_NMS_NUM_FIELD_NUMBER: _ClassVar[int]
    MAX_POST_NMS_NUM_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    fg_thr: float
    iou_thr: float
    nms_type: str
    field_h: _containers.RepeatedScalarFieldContainer[int]
    field_w: _containers.RepeatedScalarFieldContainer[int]
    downsample_rate: _containers.RepeatedScalarFieldContainer[int]
    field_whr: float
    field_xyr: float
    max_nms_num: int
    max_post_nms_num: int
    min_size: float
    def __init__(
        self,
        fg_thr: float | None = ...,
        iou_thr: float | None = ...,
        nms_type: str | None = ...,
        field_h: _Iterable[int] | None = ...,
        field_w: _Iterable[int] | None = ...,
        downsample_rate: _Iterable[int] | None = ...,
        field_whr: float | None = ...,
        field_xyr: float | None = ...,
        max_nms_num: int | None = ...,
        max_post_nms_num: int | None = ...,
        min_size: float | None = ...,
    ) -> None: ...

class CPMTransformationParameter(_message.Message):
    __slots__ = (
        "scale",
        "mirror",
        "crop_size",
        "mean_file",
        "mean_value",
        "stride",
        "scale_cvg",
        "max_cvg_len",
        "min_cvg_len",
        "opaque_coverage",
        "coverage",
        "flip_prob",
        "max_rotate_degree",
        "visualize",
        "crop_size_x",
        "crop_size_y",
        "scale_prob",
        "scale_min",
        "scale_max",
        "bbox_norm_factor",
        "img_header",
        "force_color",
        "force_gray",
        "target_dist",
        "center_perterb_max",
        "sigma",
        "sigma_center",
        "clahe_tile_size",
        "clahe_clip_limit",
        "do_clahe",
        "num_parts",
        "num_total_augs",
        "aug_way",
        "gray",
        "np_in_lmdb",
        "transform_body_joint",
    )
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    SCALE_CVG_FIELD_NUMBER: _ClassVar[int]
    MAX_CVG_LEN_FIELD_NUMBER: _ClassVar[int]
    MIN_CVG_LEN_FIELD_NUMBER: _ClassVar[int]
    OPAQUE_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FIELD_NUMBER: _ClassVar[int]
    FLIP_PROB_FIELD_NUMBER: _ClassVar[int]
    MAX_ROTATE_DEGREE_FIELD_NUMBER: _ClassVar[int]
    VISUALIZE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_X_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_Y_FIELD_NUMBER: _ClassVar[int]
    SCALE_PROB_FIELD_NUMBER: _ClassVar[int]
    SCALE_MIN_FIELD_NUMBER: _ClassVar[int]
    SCALE_MAX_FIELD_NUMBER: _ClassVar[int]
    BBOX_NORM_FACTOR_FIELD_NUMBER: _ClassVar[int]
    IMG_HEADER_FIELD_NUMBER: _ClassVar[int]
    FORCE_COLOR_FIELD_NUMBER: _ClassVar[int]
    FORCE_GRAY_FIELD_NUMBER: _ClassVar[int]
    TARGET_DIST_FIELD_NUMBER: _ClassVar[int]
    CENTER_PERTERB_MAX_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    SIGMA_CENTER_FIELD_NUMBER: _ClassVar[int]
    CLAHE_TILE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLAHE_CLIP_LIMIT_FIELD_NUMBER: _ClassVar[int]
    DO_CLAHE_FIELD_NUMBER: _ClassVar[int]
    NUM_PARTS_FIELD_NUMBER: _ClassVar[int]
    NUM_TOTAL_AUGS_FIELD_NUMBER: _ClassVar[int]
    AUG_WAY_FIELD_NUMBER: _ClassVar[int]
    GRAY_FIELD_NUMBER: _ClassVar[int]
    NP_IN_LMDB_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_BODY_JOINT_FIELD_NUMBER: _ClassVar[int]
    scale: float
    mirror: bool
    crop_size: int
    mean_file: str
    mean_value: _containers.RepeatedScalarFieldContainer[float]
    stride: int
    scale_cvg: float
    max_cvg_len: int
    min_cvg_len: int
    opaque_coverage: bool
    coverage: str
    flip_prob: float
    max_rotate_degree: float
    visualize: bool
    crop_size_x: int
    crop_size_y: int
    scale_prob: float
    scale_min: float
    scale_max: float
    bbox_norm_factor: float
    img_header: str
    force_color: bool
    force_gray: bool
    target_dist: float
    center_perterb_max: float
    sigma: float
    sigma_center: float
    clahe_tile_size: float
    clahe_clip_limit: float
    do_clahe: bool
    num_parts: int
    num_total_augs: int
    aug_way: str
    gray: int
    np_in_lmdb: int
    transform_body_joint: bool
    def __init__(
        self,
        scale: float | None = ...,
        mirror: bool = ...,
        crop_size: int | None = ...,
        mean_file: str | None = ...,
        mean_value: _Iterable[float] | None = ...,
        stride: int | None = ...,
        scale_cvg: float | None = ...,
        max_cvg_len: int | None = ...,
        min_cvg_len: int | None = ...,
        opaque_coverage: bool = ...,
        coverage: str | None = ...,
        flip_prob: float | None = ...,
        max_rotate_degree: float | None = ...,
        visualize: bool = ...,
        crop_size_x: int | None = ...,
        crop_size_y: int | None = ...,
        scale_prob: float | None = ...,
        scale_min: float | None = ...,
        scale_max: float | None = ...,
        bbox_norm_factor: float | None = ...,
        img_header: str | None = ...,
        force_color: bool = ...,
        force_gray: bool = ...,
        target_dist: float | None = ...,
        center_perterb_max: float | None = ...,
        sigma: float | None = ...,
        sigma_center: float | None = ...,
        clahe_tile_size: float | None = ...,
        clahe_clip_limit: float | None = ...,
        do_clahe: bool = ...,
        num_parts: int | None = ...,
        num_total_augs: int | None = ...,
        aug_way: str | None = ...,
        gray: int | None = ...,
        np_in_lmdb: int | None = ...,
        transform_body_joint: bool = ...,
    ) -> None: ...

class CensorLabelParameter(_message.Message):
    __slots__ = ("ignore_label",)
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    ignore_label: int
    def __init__(self, ignore_label: int | None = ...) -> None: ...

class CenterLossParameter(_message.Message):
    __slots__ = ("num_output", "center_filler", "axis", "distance_type")
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    CENTER_FILLER_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    center_filler: FillerParameter
    axis: int
    distance_type: str
    def __init__(
        self,
        num_output: int | None = ...,
        center_filler: FillerParameter | _Mapping | None = ...,
        axis: int | None = ...,
        distance_type: str | None = ...,
    ) -> None: ...

class ChannelAggregatorParameter(_message.Message):
    __slots__ = ("label_map_file",)
    LABEL_MAP_FILE_FIELD_NUMBER: _ClassVar[int]
    label_map_file: str
    def __init__(self, label_map_file: str | None = ...) -> None: ...

class CoSDataParameter(_message.Message):
    __slots__ = ("source", "batch_size", "shuffle", "dataframe_format", "top")
    class DataType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STRING: _ClassVar[CoSDataParameter.DataType]
        INT: _ClassVar[CoSDataParameter.DataType]
        FLOAT: _ClassVar[CoSDataParameter.DataType]
        INT_ARRAY: _ClassVar[CoSDataParameter.DataType]
        FLOAT_ARRAY: _ClassVar[CoSDataParameter.DataType]
        ENCODED_IMAGE: _ClassVar[CoSDataParameter.DataType]
        RAW_IMAGE: _ClassVar[CoSDataParameter.DataType]
        ENCODED_IMAGE_WITH_DIM: _ClassVar[CoSDataParameter.DataType]

    STRING: CoSDataParameter.DataType
    INT: CoSDataParameter.DataType
    FLOAT: CoSDataParameter.DataType
    INT_ARRAY: CoSDataParameter.DataType
    FLOAT_ARRAY: CoSDataParameter.DataType
    ENCODED_IMAGE: CoSDataParameter.DataType
    RAW_IMAGE: CoSDataParameter.DataType
    ENCODED_IMAGE_WITH_DIM: CoSDataParameter.DataType
    class TopBlob(_message.Message):
        __slots__ = (
            "name",
            "type",
            "channels",
            "height",
            "width",
            "sample_num_axes",
            "transform_param",
            "out_channels",
            "out_height",
            "out_width",
            "transpose",
        )
        NAME_FIELD_NUMBER: _ClassVar[int]
        TYPE_FIELD_NUMBER: _ClassVar[int]
        CHANNELS_FIELD_NUMBER: _ClassVar[int]
        HEIGHT_FIELD_NUMBER: _ClassVar[int]
        WIDTH_FIELD_NUMBER: _ClassVar[int]
        SAMPLE_NUM_AXES_FIELD_NUMBER: _ClassVar[int]
        TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
        OUT_CHANNELS_FIELD_NUMBER: _ClassVar[int]
        OUT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
        OUT_WIDTH_FIELD_NUMBER: _ClassVar[int]
        TRANSPOSE_FIELD_NUMBER: _ClassVar[int]
        name: str
        type: CoSDataParameter.DataType
        channels: int
        height: int
        width: int
        sample_num_axes: int
        transform_param: TransformationParameter
        out_channels: int
        out_height: int
        out_width: int
        transpose: bool
        def __init__(
            self,
            name: str | None = ...,
            type: CoSDataParameter.DataType | str | None = ...,
            channels: int | None = ...,
            height: int | None = ...,
            width: int | None = ...,
            sample_num_axes: int | None = ...,
            transform_param: TransformationParameter | _Mapping | None = ...,
            out_channels: int | None = ...,
            out_height: int | None = ...,
            out_width: int | None = ...,
            transpose: bool = ...,
        ) -> None: ...

    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    DATAFRAME_FORMAT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    source: str
    batch_size: int
    shuffle: bool
    dataframe_format: str
    top: _containers.RepeatedCompositeFieldContainer[CoSDataParameter.TopBlob]
    def __init__(
        self,
        source: str | None = ...,
        batch_size: int | None = ...,
        shuffle: bool = ...,
        dataframe_format: str | None = ...,
        top: _Iterable[CoSDataParameter.TopBlob | _Mapping] | None = ...,
    ) -> None: ...

class ColorConvParameter(_message.Message):
    __slots__ = ("input", "output")
    class ColorSpace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BGR: _ClassVar[ColorConvParameter.ColorSpace]
        RGB: _ClassVar[ColorConvParameter.ColorSpace]
        XYZ: _ClassVar[ColorConvParameter.ColorSpace]
        Lab: _ClassVar[ColorConvParameter.ColorSpace]
        Gray: _ClassVar[ColorConvParameter.ColorSpace]

    BGR: ColorConvParameter.ColorSpace
    RGB: ColorConvParameter.ColorSpace
    XYZ: ColorConvParameter.ColorSpace
    Lab: ColorConvParameter.ColorSpace
    Gray: ColorConvParameter.ColorSpace
    INPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    input: ColorConvParameter.ColorSpace
    output: ColorConvParameter.ColorSpace
    def __init__(
        self,
        input: ColorConvParameter.ColorSpace | str | None = ...,
        output: ColorConvParameter.ColorSpace | str | None = ...,
    ) -> None: ...

class CompileNetState(_message.Message):
    __slots__ = (
        "is_init",
        "bn_scale_remove",
        "bn_scale_merge",
        "kept_bn_layers",
        "negative_conv_names",
        "negative_conv_indexes",
    )
    IS_INIT_FIELD_NUMBER: _ClassVar[int]
    BN_SCALE_REMOVE_FIELD_NUMBER: _ClassVar[int]
    BN_SCALE_MERGE_FIELD_NUMBER: _ClassVar[int]
    KEPT_BN_LAYERS_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_CONV_NAMES_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_CONV_INDEXES_FIELD_NUMBER: _ClassVar[int]
    is_init: bool
    bn_scale_remove: bool
    bn_scale_merge: bool
    kept_bn_layers: _containers.RepeatedScalarFieldContainer[str]
    negative_conv_names: _containers.RepeatedScalarFieldContainer[str]
    negative_conv_indexes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(
        self,
        is_init: bool = ...,
        bn_scale_remove: bool = ...,
        bn_scale_merge: bool = ...,
        kept_bn_layers: _Iterable[str] | None = ...,
        negative_conv_names: _Iterable[str] | None = ...,
        negative_conv_indexes: _Iterable[int] | None = ...,
    ) -> None: ...

class ContinuationIndicatorParameter(_message.Message):
    __slots__ = ("time_step", "axis")
    TIME_STEP_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    time_step: int
    axis: int
    def __init__(self, time_step: int | None = ..., axis: int | None = ...) -> None: ...

class Convolution3DParameter(_message.Message):
    __slots__ = (
        "num_output",
        "bias_term",
        "pad",
        "kernel_size",
        "group",
        "kernel_depth",
        "stride",
        "temporal_stride",
        "weight_filler",
        "bias_filler",
        "filter_group",
        "temporal_pad",
    )
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    KERNEL_DEPTH_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_STRIDE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    FILTER_GROUP_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_PAD_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    bias_term: bool
    pad: int
    kernel_size: int
    group: int
    kernel_depth: int
    stride: int
    temporal_stride: int
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    filter_group: int
    temporal_pad: int
    def __init__(
        self,
        num_output: int | None = ...,
        bias_term: bool = ...,
        pad: int | None = ...,
        kernel_size: int | None = ...,
        group: int | None = ...,
        kernel_depth: int | None = ...,
        stride: int | None = ...,
        temporal_stride: int | None = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        filter_group: int | None = ...,
        temporal_pad: int | None = ...,
    ) -> None: ...

class CorrelationParameter(_message.Message):
    __slots__ = (
        "pad",
        "kernel_size",
        "max_displacement",
        "stride_1",
        "stride_2",
        "single_direction",
        "do_abs",
        "correlation_type",
    )
    class CorrelationType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MULTIPLY: _ClassVar[CorrelationParameter.CorrelationType]
        SUBTRACT: _ClassVar[CorrelationParameter.CorrelationType]

    MULTIPLY: CorrelationParameter.CorrelationType
    SUBTRACT: CorrelationParameter.CorrelationType
    PAD_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_DISPLACEMENT_FIELD_NUMBER: _ClassVar[int]
    STRIDE_1_FIELD_NUMBER: _ClassVar[int]
    STRIDE_2_FIELD_NUMBER: _ClassVar[int]
    SINGLE_DIRECTION_FIELD_NUMBER: _ClassVar[int]
    DO_ABS_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    pad: int
    kernel_size: int
    max_displacement: int
    stride_1: int
    stride_2: int
    single_direction: int
    do_abs: bool
    correlation_type: CorrelationParameter.CorrelationType
    def __init__(
        self,
        pad: int | None = ...,
        kernel_size: int | None = ...,
        max_displacement: int | None = ...,
        stride_1: int | None = ...,
        stride_2: int | None = ...,
        single_direction: int | None = ...,
        do_abs: bool = ...,
        correlation_type: CorrelationParameter.CorrelationType | str | None = ...,
    ) -> None: ...

class CtcLossParameter(_message.Message):
    __slots__ = ("alphabet_size", "time_step", "blank_label")
    ALPHABET_SIZE_FIELD_NUMBER: _ClassVar[int]
    TIME_STEP_FIELD_NUMBER: _ClassVar[int]
    BLANK_LABEL_FIELD_NUMBER: _ClassVar[int]
    alphabet_size: int
    time_step: int
    blank_label: int
    def __init__(
        self,
        alphabet_size: int | None = ...,
        time_step: int | None = ...,
        blank_label: int | None = ...,
    ) -> None: ...

class DenseCRFParameter(_message.Message):
    __slots__ = (
        "max_iter",
        "pos_xy_std",
        "pos_w",
        "bi_xy_std",
        "bi_rgb_std",
        "bi_w",
        "output_probability",
    )
    MAX_ITER_FIELD_NUMBER: _ClassVar[int]
    POS_XY_STD_FIELD_NUMBER: _ClassVar[int]
    POS_W_FIELD_NUMBER: _ClassVar[int]
    BI_XY_STD_FIELD_NUMBER: _ClassVar[int]
    BI_RGB_STD_FIELD_NUMBER: _ClassVar[int]
    BI_W_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    max_iter: int
    pos_xy_std: _containers.RepeatedScalarFieldContainer[float]
    pos_w: _containers.RepeatedScalarFieldContainer[float]
    bi_xy_std: _containers.RepeatedScalarFieldContainer[float]
    bi_rgb_std: _containers.RepeatedScalarFieldContainer[float]
    bi_w: _containers.RepeatedScalarFieldContainer[float]
    output_probability: bool
    def __init__(
        self,
        max_iter: int | None = ...,
        pos_xy_std: _Iterable[float] | None = ...,
        pos_w: _Iterable[float] | None = ...,
        bi_xy_std: _Iterable[float] | None = ...,
        bi_rgb_std: _Iterable[float] | None = ...,
        bi_w: _Iterable[float] | None = ...,
        output_probability: bool = ...,
    ) -> None: ...

class DenseImageDataParameter(_message.Message):
    __slots__ = (
        "source",
        "batch_size",
        "rand_skip",
        "shuffle",
        "new_height",
        "new_width",
        "is_color",
        "mean_file",
        "root_folder",
        "mirror",
        "crop_width",
        "crop_height",
        "label_divide_factor",
        "rotate",
        "one_hot_nclasses",
    )
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    IS_COLOR_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    CROP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CROP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LABEL_DIVIDE_FACTOR_FIELD_NUMBER: _ClassVar[int]
    ROTATE_FIELD_NUMBER: _ClassVar[int]
    ONE_HOT_NCLASSES_FIELD_NUMBER: _ClassVar[int]
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    new_height: int
    new_width: int
    is_color: bool
    mean_file: str
    root_folder: str
    mirror: bool
    crop_width: int
    crop_height: int
    label_divide_factor: int
    rotate: bool
    one_hot_nclasses: int
    def __init__(
        self,
        source: str | None = ...,
        batch_size: int | None = ...,
        rand_skip: int | None = ...,
        shuffle: bool = ...,
        new_height: int | None = ...,
        new_width: int | None = ...,
        is_color: bool = ...,
        mean_file: str | None = ...,
        root_folder: str | None = ...,
        mirror: bool = ...,
        crop_width: int | None = ...,
        crop_height: int | None = ...,
        label_divide_factor: int | None = ...,
        rotate: bool = ...,
        one_hot_nclasses: int | None = ...,
    ) -> None: ...

class DensecrfParameter(_message.Message):
    __slots__ = (
        "x_gauss",
        "y_gauss",
        "wt_gauss",
        "x_bilateral",
        "y_bilateral",
        "r_bilateral",
        "g_bilateral",
        "b_bilateral",
        "wt_bilateral",
    )
    X_GAUSS_FIELD_NUMBER: _ClassVar[int]
    Y_GAUSS_FIELD_NUMBER: _ClassVar[int]
    WT_GAUSS_FIELD_NUMBER: _ClassVar[int]
    X_BILATERAL_FIELD_NUMBER: _ClassVar[int]
    Y_BILATERAL_FIELD_NUMBER: _ClassVar[int]
    R_BILATERAL_FIELD_NUMBER: _ClassVar[int]
    G_BILATERAL_FIELD_NUMBER: _ClassVar[int]
    B_BILATERAL_FIELD_NUMBER: _ClassVar[int]
    WT_BILATERAL_FIELD_NUMBER: _ClassVar[int]
    x_gauss: float
    y_gauss: float
    wt_gauss: float
    x_bilateral: float
    y_bilateral: float
    r_bilateral: float
    g_bilateral: float
    b_bilateral: float
    wt_bilateral: float
    def __init__(
        self,
        x_gauss: float | None = ...,
        y_gauss: float | None = ...,
        wt_gauss: float | None = ...,
        x_bilateral: float | None = ...,
        y_bilateral: float | None = ...,
        r_bilateral: float | None = ...,
        g_bilateral: float | None = ...,
        b_bilateral: float | None = ...,
        wt_bilateral: float | None = ...,
    ) -> None: ...

class DecodeBBoxParameter(_message.Message):
    __slots__ = ("gt_iou_thr",)
    GT_IOU_THR_FIELD_NUMBER: _ClassVar[int]
    gt_iou_thr: float
    def __init__(self, gt_iou_thr: float | None = ...) -> None: ...

class DetectNetAugmentationParameter(_message.Message):
    __slots__ = (
        "crop_prob",
        "shift_x",
        "shift_y",
        "scale_prob",
        "scale_min",
        "scale_max",
        "flip_prob",
        "rotation_prob",
        "max_rotate_degree",
        "hue_rotation_prob",
        "hue_rotation",
        "desaturation_prob",
        "desaturation_max",
        "resize_param",
        "noise_param",
        "distort_param",
        "expand_param",
        "emit_constraint",
    )
    CROP_PROB_FIELD_NUMBER: _ClassVar[int]
    SHIFT_X_FIELD_NUMBER: _ClassVar[int]
    SHIFT_Y_FIELD_NUMBER: _ClassVar[int]
    SCALE_PROB_FIELD_NUMBER: _ClassVar[int]
    SCALE_MIN_FIELD_NUMBER: _ClassVar[int]
    SCALE_MAX_FIELD_NUMBER: _ClassVar[int]
    FLIP_PROB_FIELD_NUMBER: _ClassVar[int]
    ROTATION_PROB_FIELD_NUMBER: _ClassVar[int]
    MAX_ROTATE_DEGREE_FIELD_NUMBER: _ClassVar[int]
    HUE_ROTATION_PROB_FIELD_NUMBER: _ClassVar[int]
    HUE_ROTATION_FIELD_NUMBER: _ClassVar[int]
    DESATURATION_PROB_FIELD_NUMBER: _ClassVar[int]
    DESATURATION_MAX_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    NOISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    DISTORT_PARAM_FIELD_NUMBER: _ClassVar[int]
    EXPAND_PARAM_FIELD_NUMBER: _ClassVar[int]
    EMIT_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    crop_prob: float
    shift_x: int
    shift_y: int
    scale_prob: float
    scale_min: float
    scale_max: float
    flip_prob: float
    rotation_prob: float
    max_rotate_degree: float
    hue_rotation_prob: float
    hue_rotation: float
    desaturation_prob: float
    desaturation_max: float
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    noise_param: NoiseParameter
    distort_param: DistortionParameter
    expand_param: ExpansionParameter
    emit_constraint: EmitConstraint
    def __init__(
        self,
        crop_prob: float | None = ...,
        shift_x: int | None = ...,
        shift_y: int | None = ...,
        scale_prob: float | None = ...,
        scale_min: float | None = ...,
        scale_max: float | None = ...,
        flip_prob: float | None = ...,
        rotation_prob: float | None = ...,
        max_rotate_degree: float | None = ...,
        hue_rotation_prob: float | None = ...,
        hue_rotation: float | None = ...,
        desaturation_prob: float | None = ...,
        desaturation_max: float | None = ...,
        resize_param: _Iterable[ResizeParameter | _Mapping] | None = ...,
        noise_param: NoiseParameter | _Mapping | None = ...,
        distort_param: DistortionParameter | _Mapping | None = ...,
        expand_param: ExpansionParameter | _Mapping | None = ...,
        emit_constraint: EmitConstraint | _Mapping | None = ...,
    ) -> None: ...

class DetectNetGroundTruthParameter(_message.Message):
    __slots__ = (
        "stride",
        "scale_cvg",
        "gridbox_type",
        "max_cvg_len",
        "min_cvg_len",
        "coverage_type",
        "image_size_x",
        "image_size_y",
        "obj_norm",
        "crop_bboxes",
        "object_class",
    )
    class GridboxType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        GRIDBOX_MAX: _ClassVar[DetectNetGroundTruthParameter.GridboxType]
        GRIDBOX_MIN: _ClassVar[DetectNetGroundTruthParameter.GridboxType]

    GRIDBOX_MAX: DetectNetGroundTruthParameter.GridboxType
    GRIDBOX_MIN: DetectNetGroundTruthParameter.GridboxType
    class CoverageType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RECTANGULAR: _ClassVar[DetectNetGroundTruthParameter.CoverageType]

    RECTANGULAR: DetectNetGroundTruthParameter.CoverageType
    class ClassMapping(_message.Message):
        __slots__ = ("src", "dst")
        SRC_FIELD_NUMBER: _ClassVar[int]
        DST_FIELD_NUMBER: _ClassVar[int]
        src: int
        dst: int
        def __init__(self, src: int | None = ..., dst: int | None = ...) -> None: ...

    STRIDE_FIELD_NUMBER: _ClassVar[int]
    SCALE_CVG_FIELD_NUMBER: _ClassVar[int]
    GRIDBOX_TYPE_FIELD_NUMBER: _ClassVar[int]
    MAX_CVG_LEN_FIELD_NUMBER: _ClassVar[int]
    MIN_CVG_LEN_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SIZE_X_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SIZE_Y_FIELD_NUMBER: _ClassVar[int]
    OBJ_NORM_FIELD_NUMBER: _ClassVar[int]
    CROP_BBOXES_FIELD_NUMBER: _ClassVar[int]
    OBJECT_CLASS_FIELD_NUMBER: _ClassVar[int]
    stride: int
    scale_cvg: float
    gridbox_type: DetectNetGroundTruthParameter.GridboxType
    max_cvg_len: int
    min_cvg_len: int
    coverage_type: DetectNetGroundTruthParameter.CoverageType
    image_size_x: int
    image_size_y: int
    obj_norm: bool
    crop_bboxes: bool
    object_class: _containers.RepeatedCompositeFieldContainer[
        DetectNetGroundTruthParameter.ClassMapping
    ]
    def __init__(
        self,
        stride: int | None = ...,
        scale_cvg: float | None = ...,
        gridbox_type: DetectNetGroundTruthParameter.GridboxType | str | None = ...,
        max_cvg_len: int | None = ...,
        min_cvg_len: int | None = ...,
        coverage_type: DetectNetGroundTruthParameter.CoverageType | str | None = ...,
        image_size_x: int | None = ...,
        image_size_y: int | None = ...,
        obj_norm: bool = ...,
        crop_bboxes: bool = ...,
        object_class: _Iterable[DetectNetGroundTruthParameter.ClassMapping | _Mapping] | None = ...,
    ) -> None: ...

class DetectionAccuracyParameter(_message.Message):
    __slots__ = (
        "cls_num",
        "coord_num",
        "field_h",
        "field_w",
        "downsample_rate",
        "top_k",
        "field_whr",
        "field_xyr",
        "bg_threshold",
        "objectness",
    )
    CLS_NUM_FIELD_NUMBER: _ClassVar[int]
    COORD_NUM_FIELD_NUMBER: _ClassVar[int]
    FIELD_H_FIELD_NUMBER: _ClassVar[int]
    FIELD_W_FIELD_NUMBER: _ClassVar[int]
    DOWNSAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    FIELD_WHR_FIELD_NUMBER: _ClassVar[int]
    FIELD_XYR_FIELD_NUMBER: _ClassVar[int]
    BG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    OBJECTNESS_FIELD_NUMBER: _ClassVar[int]
    cls_num: int
    coord_num: int
    field_h: int
    field_w: int
    downsample_rate: int
    top_k: int
    field_whr: float
    field_xyr: float
    bg_threshold: float
    objectness: bool
    def __init__(
        self,
        cls_num: int | None = ...,
        coord_num: int | None = ...,
        field_h: int | None = ...,
        field_w: int | None = ...,
        downsample_rate: int | None = ...,
        top_k: int | None = ...,
        field_whr: float | None = ...,
        field_xyr: float | None = ...,
        bg_threshold: float | None = ...,
        objectness: bool = ...,
    ) -> None: ...

class DetectionEvaluateParameter(_message.Message):
    __slots__ = (
        "num_classes",
        "background_label_id",
        "overlap_threshold",
        "evaluate_difficult_gt",
        "name_size_file",
        "resize_param",
        "output_logits",
    )
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_LABEL_ID_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_DIFFICULT_GT_FIELD_NUMBER: _ClassVar[int]
    NAME_SIZE_FILE_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_LOGITS_FIELD_NUMBER: _ClassVar[int]
    num_classes: int
    background_label_id: int
    overlap_threshold: float
    evaluate_difficult_gt: bool
    name_size_file: str
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    output_logits: bool
    def __init__(
        self,
        num_classes: int | None = ...,
        background_label_id: int | None = ...,
        overlap_threshold: float | None = ...,
        evaluate_difficult_gt: bool = ...,
        name_size_file: str | None = ...,
        resize_param: _Iterable[ResizeParameter | _Mapping] | None = ...,
        output_logits: bool = ...,
    ) -> None: ...

class DetectionLossParameter(_message.Message):
    __slots__ = (
        "cls_num",
        "coord_num",
        "field_h",
        "field_w",
        "downsample_rate",
        "bb_smooth",
        "field_whr",
        "field_xyr",
        "bg_threshold",
        "bg_multiple",
        "sample_mode",
        "objectness",
        "iou_weighted",
        "pos_neg_weighted",
    )
    CLS_NUM_FIELD_NUMBER: _ClassVar[int]
    COORD_NUM_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    FIELD_H_FIELD_NUMBER: _ClassVar[int]
    FIELD_W_FIELD_NUMBER: _ClassVar[int]
    DOWNSAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    BB_SMOOTH_FIELD_NUMBER: _ClassVar[int]
    FIELD_WHR_FIELD_NUMBER: _ClassVar[int]
    FIELD_XYR_FIELD_NUMBER: _ClassVar[int]
    BG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    BG_MULTIPLE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_MODE_FIELD_NUMBER: _ClassVar[int]
    OBJECTNESS_FIELD_NUMBER: _ClassVar[int]
    IOU_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    POS_NEG_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    cls_num: int
    coord_num: int
    field_h: int
    field_w: int
    downsample_rate: int
    bb_smooth: bool
    field_whr: float
    field_xyr: float
    bg_threshold: float
    bg_multiple: int
    sample_mode: str
    objectness: bool
    iou_weighted: bool
    pos_neg_weighted: bool
    def __init__(
        self,
        cls_num: int | None = ...,
        coord_num: int | None = ...,
        field_h: int | None = ...,
        field_w: int | None = ...,
        downsample_rate: int | None = ...,
        bb_smooth: bool = ...,
        field_whr: float | None = ...,
        field_xyr: float | None = ...,
        bg_threshold: float | None = ...,
        bg_multiple: int | None = ...,
        sample_mode: str | None = ...,
        objectness: bool = ...,
        iou_weighted: bool = ...,
        pos_neg_weighted: bool = ...,
        **kwargs,
    ) -> None: ...

class DetectionOutputParameter(_message.Message):
    __slots__ = (
        "num_classes",
        "share_location",
        "background_label_id",
        "nms_param",
        "save_output_param",
        "code_type",
        "variance_encoded_in_target",
        "keep_top_k",
        "confidence_threshold",
        "visualize",
        "visualize_threshold",
        "save_file",
        "objectness_score",
        "output_logits",
    )
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    SHARE_LOCATION_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_LABEL_ID_FIELD_NUMBER: _ClassVar[int]
    NMS_PARAM_FIELD_NUMBER: _ClassVar[int]
    SAVE_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    CODE_TYPE_FIELD_NUMBER: _ClassVar[int]
    VARIANCE_ENCODED_IN_TARGET_FIELD_NUMBER: _ClassVar[int]
    KEEP_TOP_K_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    VISUALIZE_FIELD_NUMBER: _ClassVar[int]
    VISUALIZE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SAVE_FILE_FIELD_NUMBER: _ClassVar[int]
    OBJECTNESS_SCORE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_LOGITS_FIELD_NUMBER: _ClassVar[int]
    num_classes: int
    share_location: bool
    background_label_id: int
    nms_param: NonMaximumSuppressionParameter
    save_output_param: SaveOutputParameter
    code_type: PriorBoxParameter.CodeType
    variance_encoded_in_target: bool
    keep_top_k: int
    confidence_threshold: float
    visualize: bool
    visualize_threshold: float
    save_file: str
    objectness_score: float
    output_logits: bool
    def __init__(
        self,
        num_classes: int | None = ...,
        share_location: bool = ...,
        background_label_id: int | None = ...,
        nms_param: NonMaximumSuppressionParameter | _Mapping | None = ...,
        save_output_param: SaveOutputParameter | _Mapping | None = ...,
        code_type: PriorBoxParameter.CodeType | str | None = ...,
        variance_encoded_in_target: bool = ...,
        keep_top_k: int | None = ...,
        confidence_threshold: float | None = ...,
        visualize: bool = ...,
        visualize_threshold: float | None = ...,
        save_file: str | None = ...,
        objectness_score: float | None = ...,
        output_logits: bool = ...,
    ) -> None: ...

class DistortionParameter(_message.Message):
    __slots__ = (
        "brightness_prob",
        "brightness_delta",
        "contrast_prob",
        "contrast_lower",
        "contrast_upper",
        "hue_prob",
        "hue_delta",
        "saturation_prob",
        "saturation_lower",
        "saturation_upper",
        "random_order_prob",
        "prob",
        "brightness",
        "contrast",
        "hue",
        "saturation",
        "random_order",
        "all_effects",
    )
    BRIGHTNESS_PROB_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_DELTA_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_PROB_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_LOWER_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_UPPER_FIELD_NUMBER: _ClassVar[int]
    HUE_PROB_FIELD_NUMBER: _ClassVar[int]
    HUE_DELTA_FIELD_NUMBER: _ClassVar[int]
    SATURATION_PROB_FIELD_NUMBER: _ClassVar[int]
    SATURATION_LOWER_FIELD_NUMBER: _ClassVar[int]
    SATURATION_UPPER_FIELD_NUMBER: _ClassVar[int]
    RANDOM_ORDER_PROB_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_FIELD_NUMBER: _ClassVar[int]
    HUE_FIELD_NUMBER: _ClassVar[int]
    SATURATION_FIELD_NUMBER: _ClassVar[int]
    RANDOM_ORDER_FIELD_NUMBER: _ClassVar[int]
    ALL_EFFECTS_FIELD_NUMBER: _ClassVar[int]
    brightness_prob: float
    brightness_delta: float
    contrast_prob: float
    contrast_lower: float
    contrast_upper: float
    hue_prob: float
    hue_delta: float
    saturation_prob: float
    saturation_lower: float
    saturation_upper: float
    random_order_prob: float
    prob: float
    brightness: bool
    contrast: bool
    hue: bool
    saturation: bool
    random_order: bool
    all_effects: bool
    def __init__(
        self,
        brightness_prob: float | None = ...,
        brightness_delta: float | None = ...,
        contrast_prob: float | None = ...,
        contrast_lower: float | None = ...,
        contrast_upper: float | None = ...,
        hue_prob: float | None = ...,
        hue_delta: float | None = ...,
        saturation_prob: float | None = ...,
        saturation_lower: float | None = ...,
        saturation_upper: float | None = ...,
        random_order_prob: float | None = ...,
        prob: float | None = ...,
        brightness: bool = ...,
        contrast: bool = ...,
        hue: bool = ...,
        saturation: bool = ...,
        random_order: bool = ...,
        all_effects: bool = ...,
    ) -> None: ...

class DomainTransformParameter(_message.Message):
    __slots__ = ("num_iter", "spatial_sigma", "range_sigma", "min_weight")
    NUM_ITER_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SIGMA_FIELD_NUMBER: _ClassVar[int]
    RANGE_SIGMA_FIELD_NUMBER: _ClassVar[int]
    MIN_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    num_iter: int
    spatial_sigma: float
    range_sigma: float
    min_weight: float
    def __init__(
        self,
        num_iter: int | None = ...,
        spatial_sigma: float | None = ...,
        range_sigma: float | None = ...,
        min_weight: float | None = ...,
    ) -> None: ...

class DominantChannelParameter(_message.Message):
    __slots__ = ("top_k",)
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    top_k: int
    def __init__(self, top_k: int | None = ...) -> None: ...

class DownSamplingParameter(_message.Message):
    __slots__ = ("type", "spatial_factor", "temporal_factor")
    class DownSamplingType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NONE: _ClassVar[DownSamplingParameter.DownSamplingType]
        VOTE: _ClassVar[DownSamplingParameter.DownSamplingType]
        AVERAGE: _ClassVar[DownSamplingParameter.DownSamplingType]

    NONE: DownSamplingParameter.DownSamplingType
    VOTE: DownSamplingParameter.DownSamplingType
    AVERAGE: DownSamplingParameter.DownSamplingType
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_FACTOR_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_FACTOR_FIELD_NUMBER: _ClassVar[int]
    type: DownSamplingParameter.DownSamplingType
    spatial_factor: int
    temporal_factor: int
    def __init__(
        self,
        type: DownSamplingParameter.DownSamplingType | str | None = ...,
        spatial_factor: int | None = ...,
        temporal_factor: int | None = ...,
    ) -> None: ...

class DownsampleParameter(_message.Message):
    __slots__ = ("top_height", "top_width")
    TOP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TOP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    top_height: int
    top_width: int
    def __init__(self, top_height: int | None = ..., top_width: int | None = ...) -> None: ...

class EltwiseAccuracyParameter(_message.Message):
    __slots__ = ("top_k", "ignore_label")
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    top_k: int
    ignore_label: int
    def __init__(self, top_k: int | None = ..., ignore_label: int | None = ...) -> None: ...

class EltwiseAffineParameter(_message.Message):
    __slots__ = ("slope_filler", "bias_filler", "channel_shared")
    SLOPE_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_SHARED_FIELD_NUMBER: _ClassVar[int]
    slope_filler: FillerParameter
    bias_filler: FillerParameter
    channel_shared: bool
    def __init__(
        self,
        slope_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        channel_shared: bool = ...,
    ) -> None: ...

class EmitConstraint(_message.Message):
    __slots__ = ("emit_type", "emit_overlap")
    class EmitType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CENTER: _ClassVar[EmitConstraint.EmitType]
        MIN_OVERLAP: _ClassVar[EmitConstraint.EmitType]

    CENTER: EmitConstraint.EmitType
    MIN_OVERLAP: EmitConstraint.EmitType
    EMIT_TYPE_FIELD_NUMBER: _ClassVar[int]
    EMIT_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    emit_type: EmitConstraint.EmitType
    emit_overlap: float
    def __init__(
        self,
        emit_type: EmitConstraint.EmitType | str | None = ...,
        emit_overlap: float | None = ...,
    ) -> None: ...

class EuclideanLossParameter(_message.Message):
    __slots__ = ("type",)
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        L2: _ClassVar[EuclideanLossParameter.Type]
        L2sqrt: _ClassVar[EuclideanLossParameter.Type]

    L2: EuclideanLossParameter.Type
    L2sqrt: EuclideanLossParameter.Type
    TYPE_FIELD_NUMBER: _ClassVar[int]
    type: EuclideanLossParameter.Type
    def __init__(self, type: EuclideanLossParameter.Type | str | None = ...) -> None: ...

class EvalDetectionParameter(_message.Message):
    __slots__ = (
        "side",
        "num_class",
        "num_object",
        "threshold",
        "sqrt",
        "constriant",
        "score_type",
        "nms",
        "biases",
    )
    class ScoreType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OBJ: _ClassVar[EvalDetectionParameter.ScoreType]
        PROB: _ClassVar[EvalDetectionParameter.ScoreType]
        MULTIPLY: _ClassVar[EvalDetectionParameter.ScoreType]

    OBJ: EvalDetectionParameter.ScoreType
    PROB: EvalDetectionParameter.ScoreType
    MULTIPLY: EvalDetectionParameter.ScoreType
    SIDE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    NUM_OBJECT_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SQRT_FIELD_NUMBER: _ClassVar[int]
    CONSTRIANT_FIELD_NUMBER: _ClassVar[int]
    SCORE_TYPE_FIELD_NUMBER: _ClassVar[int]
    NMS_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    side: int
    num_class: int
    num_object: int
    threshold: float
    sqrt: bool
    constriant: bool
    score_type: EvalDetectionParameter.ScoreType
    nms: float
    biases: _containers.RepeatedScalarFieldContainer[float]
    def __init__(
        self,
        side: int | None = ...,
        num_class: int | None = ...,
        num_object: int | None = ...,
        threshold: float | None = ...,
        sqrt: bool = ...,
        constriant: bool = ...,
        score_type: EvalDetectionParameter.ScoreType | str | None = ...,
        nms: float | None = ...,
        biases: _Iterable[float] | None = ...,
    ) -> None: ...

class ExpansionParameter(_message.Message):
    __slots__ = ("prob", "max_expand_ratio")
    PROB_FIELD_NUMBER: _ClassVar[int]
    MAX_EXPAND_RATIO_FIELD_NUMBER: _ClassVar[int]
    prob: float
    max_expand_ratio: float
    def __init__(self, prob: float | None = ..., max_expand_ratio: float | None = ...) -> None: ...

class FilterParameter(_message.Message):
    __slots__ = ("axis", "num_output")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    axis: int
    num_output: int
    def __init__(self, axis: int | None = ..., num_output: int | None = ...) -> None: ...

class FlipParameter(_message.Message):
    __slots__ = ("flip_width", "flip_height")
    FLIP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    FLIP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    flip_width: bool
    flip_height: bool
    def __init__(self, flip_width: bool = ..., flip_height: bool = ...) -> None: ...

class FlowWarpParameter(_message.Message):
    __slots__ = ("fill_value",)
    class FillParameter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ZERO: _ClassVar[FlowWarpParameter.FillParameter]
        NOT_A_NUMBER: _ClassVar[FlowWarpParameter.FillParameter]

    ZERO: FlowWarpParameter.FillParameter
    NOT_A_NUMBER: FlowWarpParameter.FillParameter
    FILL_VALUE_FIELD_NUMBER: _ClassVar[int]
    fill_value: FlowWarpParameter.FillParameter
    def __init__(self, fill_value: FlowWarpParameter.FillParameter | str | None = ...) -> None: ...

class GainChannelParameter(_message.Message):
    __slots__ = ("num_output_nz", "drift", "stdev", "gain_filler", "norm_mean", "thresh")
    NUM_OUTPUT_NZ_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    STDEV_FIELD_NUMBER: _ClassVar[int]
    GAIN_FILLER_FIELD_NUMBER: _ClassVar[int]
    NORM_MEAN_FIELD_NUMBER: _ClassVar[int]
    THRESH_FIELD_NUMBER: _ClassVar[int]
    num_output_nz: int
    drift: float
    stdev: float
    gain_filler: FillerParameter
    norm_mean: bool
    thresh: float
    def __init__(
        self,
        num_output_nz: int | None = ...,
        drift: float | None = ...,
        stdev: float | None = ...,
        gain_filler: FillerParameter | _Mapping | None = ...,
        norm_mean: bool = ...,
        thresh: float | None = ...,
    ) -> None: ...

class GeneralContrastiveParameter(_message.Message):
    __slots__ = (
        "positive_margin",
        "negative_margin",
        "positive_weight",
        "negative_weight",
        "normalize_negative",
        "positive_outlier_thresh",
        "square",
        "max_negative_only",
        "max_positive_only",
        "positive_first",
        "positive_upper_bound",
        "exp_negative_weight",
        "add_intra_mae",
        "max_negative_margin",
    )
    POSITIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_NEGATIVE_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_OUTLIER_THRESH_FIELD_NUMBER: _ClassVar[int]
    SQUARE_FIELD_NUMBER: _ClassVar[int]
    MAX_NEGATIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    MAX_POSITIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_FIRST_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    EXP_NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    ADD_INTRA_MAE_FIELD_NUMBER: _ClassVar[int]
    MAX_NEGATIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    positive_margin: float
    negative_margin: float
    positive_weight: float
    negative_weight: float
    normalize_negative: float
    positive_outlier_thresh: float
    square: bool
    max_negative_only: bool
    max_positive_only: bool
    positive_first: bool
    positive_upper_bound: float
    exp_negative_weight: bool
    add_intra_mae: bool
    max_negative_margin: float
    def __init__(
        self,
        positive_margin: float | None = ...,
        negative_margin: float | None = ...,
        positive_weight: float | None = ...,
        negative_weight: float | None = ...,
        normalize_negative: float | None = ...,
        positive_outlier_thresh: float | None = ...,
        square: bool = ...,
        max_negative_only: bool = ...,
        max_positive_only: bool = ...,
        positive_first: bool = ...,
        positive_upper_bound: float | None = ...,
        exp_negative_weight: bool = ...,
        add_intra_mae: bool = ...,
        max_negative_margin: float | None = ...,
    ) -> None: ...

class GeneralTripletParameter(_message.Message):
    __slots__ = (
        "margin",
        "add_center_loss",
        "hardest_only",
        "positive_first",
        "positive_upper_bound",
        "positive_weight",
        "negative_weight",
    )
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    ADD_CENTER_LOSS_FIELD_NUMBER: _ClassVar[int]
    HARDEST_ONLY_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_FIRST_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    margin: float
    add_center_loss: bool
    hardest_only: bool
    positive_first: bool
    positive_upper_bound: float
    positive_weight: float
    negative_weight: float
    def __init__(
        self,
        margin: float | None = ...,
        add_center_loss: bool = ...,
        hardest_only: bool = ...,
        positive_first: bool = ...,
        positive_upper_bound: float | None = ...,
        positive_weight: float | None = ...,
        negative_weight: float | None = ...,
    ) -> None: ...

class GeometryParameter(_message.Message):
    __slots__ = (
        "prob",
        "persp_horizontal",
        "persp_vertical",
        "zoom_out",
        "zoom_in",
        "zoom_factor",
        "persp_factor",
        "all_effects",
        "pad_mode",
    )
    class Pad_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CONSTANT: _ClassVar[GeometryParameter.Pad_mode]
        MIRRORED: _ClassVar[GeometryParameter.Pad_mode]
        REPEAT_NEAREST: _ClassVar[GeometryParameter.Pad_mode]

    CONSTANT: GeometryParameter.Pad_mode
    MIRRORED: GeometryParameter.Pad_mode
    REPEAT_NEAREST: GeometryParameter.Pad_mode
    PROB_FIELD_NUMBER: _ClassVar[int]
    PERSP_HORIZONTAL_FIELD_NUMBER: _ClassVar[int]
    PERSP_VERTICAL_FIELD_NUMBER: _ClassVar[int]
    ZOOM_OUT_FIELD_NUMBER: _ClassVar[int]
    ZOOM_IN_FIELD_NUMBER: _ClassVar[int]
    ZOOM_FACTOR_FIELD_NUMBER: _ClassVar[int]
    PERSP_FACTOR_FIELD_NUMBER: _ClassVar[int]
    ALL_EFFECTS_FIELD_NUMBER: _ClassVar[int]
    PAD_MODE_FIELD_NUMBER: _ClassVar[int]
    prob: float
    persp_horizontal: bool
    persp_vertical: bool
    zoom_out: bool
    zoom_in: bool
    zoom_factor: float
    persp_factor: float
    all_effects: bool
    pad_mode: GeometryParameter.Pad_mode
    def __init__(
        self,
        prob: float | None = ...,
        persp_horizontal: bool = ...,
        persp_vertical: bool = ...,
        zoom_out: bool = ...,
        zoom_in: bool = ...,
        zoom_factor: float | None = ...,
        persp_factor: float | None = ...,
        all_effects: bool = ...,
        pad_mode: GeometryParameter.Pad_mode | str | None = ...,
    ) -> None: ...

class HistogramParameter(_message.Message):
    __slots__ = ("num_labels", "ignore_label")
    NUM_LABELS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    num_labels: int
    ignore_label: _containers.RepeatedScalarFieldContainer[int]
    def __init__(
        self, num_labels: int | None = ..., ignore_label: _Iterable[int] | None = ...
    ) -> None: ...

class IgnoreOverlayParameter(_message.Message):
    __slots__ = ("ignore_label",)
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    ignore_label: int
    def __init__(self, ignore_label: int | None = ...) -> None: ...

class ImageGtDataParameter(_message.Message):
    __slots__ = (
        "source",
        "scale",
        "mean_file",
        "batch_size",
        "mirror",
        "downsample_rate",
        "coord_num",
        "field_h",
        "field_w",
        "fg_threshold",
        "resize_width",
        "resize_height",
        "crop_width",
        "crop_height",
        "do_multiple_scale",
        "min_scale",
        "max_scale",
        "min_whaspect",
        "max_whaspect",
        "min_gt_width",
        "min_gt_height",
        "shuffle",
        "output_gt_boxes",
        "fg_img_multiple",
        "cache_images",
        "root_folder",
    )
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    DOWNSAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    COORD_NUM_FIELD_NUMBER: _ClassVar[int]
    FIELD_H_FIELD_NUMBER: _ClassVar[int]
    FIELD_W_FIELD_NUMBER: _ClassVar[int]
    FG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    RESIZE_WIDTH_FIELD_NUMBER: _ClassVar[int]
    RESIZE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CROP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CROP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DO_MULTIPLE_SCALE_FIELD_NUMBER: _ClassVar[int]
    MIN_SCALE_FIELD_NUMBER: _ClassVar[int]
    MAX_SCALE_FIELD_NUMBER: _ClassVar[int]
    MIN_WHASPECT_FIELD_NUMBER: _ClassVar[int]
    MAX_WHASPECT_FIELD_NUMBER: _ClassVar[int]
    MIN_GT_WIDTH_FIELD_NUMBER: _ClassVar[int]
    MIN_GT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_GT_BOXES_FIELD_NUMBER: _ClassVar[int]
    FG_IMG_MULTIPLE_FIELD_NUMBER: _ClassVar[int]
    CACHE_IMAGES_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    source: str
    scale: float
    mean_file: str
    batch_size: int
    mirror: bool
    downsample_rate: _containers.RepeatedScalarFieldContainer[int]
    coord_num: int
    field_h: _containers.RepeatedScalarFieldContainer[int]
    field_w: _containers.RepeatedScalarFieldContainer[int]
    fg_threshold: float
    resize_width: int
    resize_height: int
    crop_width: int
    crop_height: int
    do_multiple_scale: bool
    min_scale: int
    max_scale: int
    min_whaspect: float
    max_whaspect: float
    min_gt_width: float
    min_gt_height: float
    shuffle: bool
    output_gt_boxes: bool
    fg_img_multiple: int
    cache_images: bool
    root_folder: str
    def __init__(
        self,
        source: str | None = ...,
        scale: float | None = ...,
        mean_file: str | None = ...,
        batch_size: int | None = ...,
        mirror: bool = ...,
        downsample_rate: _Iterable[int] | None = ...,
        coord_num: int | None = ...,
        field_h: _Iterable[int] | None = ...,
        field_w: _Iterable[int] | None = ...,
        fg_threshold: float | None = ...,
        resize_width: int | None = ...,
        resize_height: int | None = ...,
        crop_width: int | None = ...,
        crop_height: int | None = ...,
        do_multiple_scale: bool = ...,
        min_scale: int | None = ...,
        max_scale: int | None = ...,
        min_whaspect: float | None = ...,
        max_whaspect: float | None = ...,
        min_gt_width: float | None = ...,
        min_gt_height: float | None = ...,
        shuffle: bool = ...,
        output_gt_boxes: bool = ...,
        fg_img_multiple: int | None = ...,
        cache_images: bool = ...,
        root_folder: str | None = ...,
    ) -> None: ...

class ImageLabelDataParameter(_message.Message):
    __slots__ = (
        "image_list_path",
        "label_list_path",
        "batch_size",
        "rand_skip",
        "shuffle",
        "rand_scale",
        "min_scale",
        "max_scale",
        "data_dir",
        "label_slice",
        "image_dir",
        "label_dir",
        "padding",
    )
    class Padding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ZERO: _ClassVar[ImageLabelDataParameter.Padding]
        REFLECT: _ClassVar[ImageLabelDataParameter.Padding]

    ZERO: ImageLabelDataParameter.Padding
    REFLECT: ImageLabelDataParameter.Padding
    IMAGE_LIST_PATH_FIELD_NUMBER: _ClassVar[int]
    LABEL_LIST_PATH_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    RAND_SCALE_FIELD_NUMBER: _ClassVar[int]
    MIN_SCALE_FIELD_NUMBER: _ClassVar[int]
    MAX_SCALE_FIELD_NUMBER: _ClassVar[int]
    DATA_DIR_FIELD_NUMBER: _ClassVar[int]
    LABEL_SLICE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DIR_FIELD_NUMBER: _ClassVar[int]
    LABEL_DIR_FIELD_NUMBER: _ClassVar[int]
    PADDING_FIELD_NUMBER: _ClassVar[int]
    image_list_path: str
    label_list_path: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    rand_scale: bool
    min_scale: float
    max_scale: float
    data_dir: str
    label_slice: LabelSlice
    image_dir: str
    label_dir: str
    padding: ImageLabelDataParameter.Padding
    def __init__(
        self,
        image_list_path: str | None = ...,
        label_list_path: str | None = ...,
        batch_size: int | None = ...,
        rand_skip: int | None = ...,
        shuffle: bool = ...,
        rand_scale: bool = ...,
        min_scale: float | None = ...,
        max_scale: float | None = ...,
        data_dir: str | None = ...,
        label_slice: LabelSlice | _Mapping | None = ...,
        image_dir: str | None = ...,
        label_dir: str | None = ...,
        padding: ImageLabelDataParameter.Padding | str | None = ...,
    ) -> None: ...

class InnerDistanceParameter(_message.Message):
    __slots__ = (
        "num_output",
        "bias_term",
        "weight_filler",
        "bias_filler",
        "axis",
        "transpose",
        "distance_type",
        "normalize",
        "update_center_only",
    )
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_CENTER_ONLY_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    bias_term: bool
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    axis: int
    transpose: bool
    distance_type: str
    normalize: bool
    update_center_only: bool
    def __init__(
        self,
        num_output: int | None = ...,
        bias_term: bool = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        axis: int | None = ...,
        transpose: bool = ...,
        distance_type: str | None = ...,
        normalize: bool = ...,
        update_center_only: bool = ...,
    ) -> None: ...

class InterpParameter(_message.Message):
    __slots__ = (
        "height",
        "width",
        "zoom_factor",
        "shrink_factor",
        "pad_beg",
        "pad_end",
        "mode",
        "use_blob_size",
    )
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LINEAR: _ClassVar[InterpParameter.Mode]
        NEAREST: _ClassVar[InterpParameter.Mode]

    LINEAR: InterpParameter.Mode
    NEAREST: InterpParameter.Mode
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    ZOOM_FACTOR_FIELD_NUMBER: _ClassVar[int]
    SHRINK_FACTOR_FIELD_NUMBER: _ClassVar[int]
    PAD_BEG_FIELD_NUMBER: _ClassVar[int]
    PAD_END_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    USE_BLOB_SIZE_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    zoom_factor: int
    shrink_factor: int
    pad_beg: int
    pad_end: int
    mode: InterpParameter.Mode
    use_blob_size: bool
    def __init__(
        self,
        height: int | None = ...,
        width: int | None = ...,
        zoom_factor: int | None = ...,
        shrink_factor: int | None = ...,
        pad_beg: int | None = ...,
        pad_end: int | None = ...,
        mode: InterpParameter.Mode | str | None = ...,
        use_blob_size: bool = ...,
    ) -> None: ...

class L1LossParameter(_message.Message):
    __slots__ = (
        "l2_per_location",
        "l2_prescale_by_channels",
        "normalize_by_num_entries",
        "epsilon",
        "plateau",
    )
    L2_PER_LOCATION_FIELD_NUMBER: _ClassVar[int]
    L2_PRESCALE_BY_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_BY_NUM_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    PLATEAU_FIELD_NUMBER: _ClassVar[int]
    l2_per_location: bool
    l2_prescale_by_channels: bool
    normalize_by_num_entries: bool
    epsilon: float
    plateau: float
    def __init__(
        self,
        l2_per_location: bool = ...,
        l2_prescale_by_channels: bool = ...,
        normalize_by_num_entries: bool = ...,
        epsilon: float | None = ...,
        plateau: float | None = ...,
    ) -> None: ...

class LabelMap(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: _containers.RepeatedCompositeFieldContainer[LabelMapItem]
    def __init__(self, item: _Iterable[LabelMapItem | _Mapping] | None = ...) -> None: ...

class LabelMapItem(_message.Message):
    __slots__ = ("name", "label", "display_name")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: int
    display_name: str
    def __init__(
        self, name: str | None = ..., label: int | None = ..., display_name: str | None = ...
    ) -> None: ...

class LabelSlice(_message.Message):
    __slots__ = ("dim", "stride", "offset")
    DIM_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    dim: _containers.RepeatedScalarFieldContainer[int]
    stride: _containers.RepeatedScalarFieldContainer[int]
    offset: _containers.RepeatedScalarFieldContainer[int]
    def __init__(
        self,
        dim: _Iterable[int] | None = ...,
        stride: _Iterable[int] | None = ...,
        offset: _Iterable[int] | None = ...,
    ) -> None: ...

class LabelSpecificAddParameter(_message.Message):
    __slots__ = (
        "bias",
        "transform_test",
        "bias_base",
        "bias_gamma",
        "bias_power",
        "bias_min",
        "bias_max",
        "iteration",
    )
    BIAS_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_TEST_FIELD_NUMBER: _ClassVar[int]
    BIAS_BASE_FIELD_NUMBER: _ClassVar[int]
    BIAS_GAMMA_FIELD_NUMBER: _ClassVar[int]
    BIAS_POWER_FIELD_NUMBER: _ClassVar[int]
    BIAS_MIN_FIELD_NUMBER: _ClassVar[int]
    BIAS_MAX_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    bias: float
    transform_test: bool
    bias_base: float
    bias_gamma: float
    bias_power: float
    bias_min: float
    bias_max: float
    iteration: int
    def __init__(
        self,
        bias: float | None = ...,
        transform_test: bool = ...,
        bias_base: float | None = ...,
        bias_gamma: float | None = ...,
        bias_power: float | None = ...,
        bias_min: float | None = ...,
        bias_max: float | None = ...,
        iteration: int | None = ...,
    ) -> None: ...

class LabelSpecificRescaleParameter(_message.Message):
    __slots__ = (
        "positive_weight",
        "negative_weight",
        "positive_lower_bound",
        "negative_upper_bound",
        "rescale_test",
        "for_ip",
        "positive_weight_base",
        "gamma",
        "power",
        "positive_weight_min",
        "positive_weight_max",
        "iteration",
        "bias_fix",
        "power_on_positive",
    )
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    RESCALE_TEST_FIELD_NUMBER: _ClassVar[int]
    FOR_IP_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_BASE_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_MIN_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_MAX_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIX_FIELD_NUMBER: _ClassVar[int]
    POWER_ON_POSITIVE_FIELD_NUMBER: _ClassVar[int]
    positive_weight: float
    negative_weight: float
    positive_lower_bound: float
    negative_upper_bound: float
    rescale_test: bool
    for_ip: bool
    positive_weight_base: float
    gamma: float
    power: float
    positive_weight_min: float
    positive_weight_max: float
    iteration: int
    bias_fix: bool
    power_on_positive: bool
    def __init__(
        self,
        positive_weight: float | None = ...,
        negative_weight: float | None = ...,
        positive_lower_bound: float | None = ...,
        negative_upper_bound: float | None = ...,
        rescale_test: bool = ...,
        for_ip: bool = ...,
        positive_weight_base: float | None = ...,
        gamma: float | None = ...,
        power: float | None = ...,
        positive_weight_min: float | None = ...,
        positive_weight_max: float | None = ...,
        iteration: int | None = ...,
        bias_fix: bool = ...,
        power_on_positive: bool = ...,
    ) -> None: ...

class LabelsequenceAccuracyParameter(_message.Message):
    __slots__ = ("blank_label",)
    BLANK_LABEL_FIELD_NUMBER: _ClassVar[int]
    blank_label: int
    def __init__(self, blank_label: int | None = ...) -> None: ...

class LaneInfo(_message.Message):
    __slots__ = ("x", "y", "id")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    id: int
    def __init__(
        self, x: float | None = ..., y: float | None = ..., id: int | None = ...
    ) -> None: ...

class LargeMarginInnerProductParameter(_message.Message):
    __slots__ = (
        "num_output",
        "type",
        "weight_filler",
        "axis",
        "base",
        "gamma",
        "power",
        "iteration",
        "lambda_min",
    )
    class LargeMarginType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SINGLE: _ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
        DOUBLE: _ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
        TRIPLE: _ClassVar[LargeMarginInnerProductParameter.LargeMarginType]
        QUADRUPLE: _ClassVar[LargeMarginInnerProductParameter.LargeMarginType]

    SINGLE: LargeMarginInnerProductParameter.LargeMarginType
    DOUBLE: LargeMarginInnerProductParameter.LargeMarginType
    TRIPLE: LargeMarginInnerProductParameter.LargeMarginType
    QUADRUPLE: LargeMarginInnerProductParameter.LargeMarginType
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_MIN_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    type: LargeMarginInnerProductParameter.LargeMarginType
    weight_filler: FillerParameter
    axis: int
    base: float
    gamma: float
    power: float
    iteration: int
    lambda_min: float
    def __init__(
        self,
        num_output: int | None = ...,
        type: LargeMarginInnerProductParameter.LargeMarginType | str | None = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        axis: int | None = ...,
        base: float | None = ...,
        gamma: float | None = ...,
        power: float | None = ...,
        iteration: int | None = ...,
        lambda_min: float | None = ...,
    ) -> None: ...

class LossStatisticParameter(_message.Message):
    __slots__ = ("ignore_label", "max_type")
    class MaxType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SOFT_MAX: _ClassVar[LossStatisticParameter.MaxType]
        HARD_MAX: _ClassVar[LossStatisticParameter.MaxType]

    SOFT_MAX: LossStatisticParameter.MaxType
    HARD_MAX: LossStatisticParameter.MaxType
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    MAX_TYPE_FIELD_NUMBER: _ClassVar[int]
    ignore_label: int
    max_type: LossStatisticParameter.MaxType
    def __init__(
        self,
        ignore_label: int | None = ...,
        max_type: LossStatisticParameter.MaxType | str | None = ...,
    ) -> None: ...

class LpqLossParameter(_message.Message):
    __slots__ = (
        "l2_prescale_by_channels",
        "normalize_by_num_entries",
        "p_epsilon",
        "q_epsilon",
        "pq_episode_starts_at_iter",
        "p",
        "q",
    )
    L2_PRESCALE_BY_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_BY_NUM_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    P_EPSILON_FIELD_NUMBER: _ClassVar[int]
    Q_EPSILON_FIELD_NUMBER: _ClassVar[int]
    PQ_EPISODE_STARTS_AT_ITER_FIELD_NUMBER: _ClassVar[int]
    P_FIELD_NUMBER: _ClassVar[int]
    Q_FIELD_NUMBER: _ClassVar[int]
    l2_prescale_by_channels: bool
    normalize_by_num_entries: bool
    p_epsilon: float
    q_epsilon: float
    pq_episode_starts_at_iter: _containers.RepeatedScalarFieldContainer[int]
    p: _containers.RepeatedScalarFieldContainer[float]
    q: _containers.RepeatedScalarFieldContainer[float]
    def __init__(
        self,
        l2_prescale_by_channels: bool = ...,
        normalize_by_num_entries: bool = ...,
        p_epsilon: float | None = ...,
        q_epsilon: float | None = ...,
        pq_episode_starts_at_iter: _Iterable[int] | None = ...,
        p: _Iterable[float] | None = ...,
        q: _Iterable[float] | None = ...,
    ) -> None: ...

class LstmParameter(_message.Message):
    __slots__ = ("num_output", "clipping_threshold", "weight_filler", "bias_filler", "batch_size")
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    CLIPPING_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    clipping_threshold: float
    weight_filler: FillerParameter
    bias_filler: FillerParameter
    batch_size: int
    def __init__(
        self,
        num_output: int | None = ...,
        clipping_threshold: float | None = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        batch_size: int | None = ...,
    ) -> None: ...

class MarginInnerProductParameter(_message.Message):
    __slots__ = (
        "num_output",
        "type",
        "weight_filler",
        "axis",
        "base",
        "gamma",
        "power",
        "iteration",
        "lambda_min",
    )
    class MarginType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SINGLE: _ClassVar[MarginInnerProductParameter.MarginType]
        DOUBLE: _ClassVar[MarginInnerProductParameter.MarginType]
        TRIPLE: _ClassVar[MarginInnerProductParameter.MarginType]
        QUADRUPLE: _ClassVar[MarginInnerProductParameter.MarginType]

    SINGLE: MarginInnerProductParameter.MarginType
    DOUBLE: MarginInnerProductParameter.MarginType
    TRIPLE: MarginInnerProductParameter.MarginType
    QUADRUPLE: MarginInnerProductParameter.MarginType
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_MIN_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    type: MarginInnerProductParameter.MarginType
    weight_filler: FillerParameter
    axis: int
    base: float
    gamma: float
    power: float
    iteration: int
    lambda_min: float
    def __init__(
        self,
        num_output: int | None = ...,
        type: MarginInnerProductParameter.MarginType | str | None = ...,
        weight_filler: FillerParameter | _Mapping | None = ...,
        axis: int | None = ...,
        base: float | None = ...,
        gamma: float | None = ...,
        power: float | None = ...,
        iteration: int | None = ...,
        lambda_min: float | None = ...,
    ) -> None: ...

class MaskResizeParameter(_message.Message):
    __slots__ = ("output_height", "output_width", "factor_height", "factor_width")
    OUTPUT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_WIDTH_FIELD_NUMBER: _ClassVar[int]
    FACTOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FACTOR_WIDTH_FIELD_NUMBER: _ClassVar[int]
    output_height: int
    output_width: int
    factor_height: float
    factor_width: float
    def __init__(
        self,
        output_height: int | None = ...,
        output_width: int | None = ...,
        factor_height: float | None = ...,
        factor_width: float | None = ...,
    ) -> None: ...

class MatReadParameter(_message.Message):
    __slots__ = ("prefix", "source", "strip", "batch_size")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STRIP_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    prefix: str
    source: str
    strip: int
    batch_size: int
    def __init__(
        self,
        prefix: str | None = ...,
        source: str | None = ...,
        strip: int | None = ...,
        batch_size: int | None = ...,
    ) -> None: ...

class MatWriteParameter(_message.Message):
    __slots__ = ("prefix", "source", "strip", "period")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STRIP_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    prefix: str
    source: str
    strip: int
    period: int
    def __init__(
        self,
        prefix: str | None = ...,
        source: str | None = ...,
        strip: int | None = ...,
        period: int | None = ...,
    ) -> None: ...

class MeanParameter(_message.Message):
    __slots__ = ("operation", "file", "value", "mean_scale", "input_scale", "output_scale")
    class MeanOperation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ADD: _ClassVar[MeanParameter.MeanOperation]
        SUBTRACT: _ClassVar[MeanParameter.MeanOperation]

    ADD: MeanParameter.MeanOperation
    SUBTRACT: MeanParameter.MeanOperation
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    MEAN_SCALE_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCALE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SCALE_FIELD_NUMBER: _ClassVar[int]
    operation: MeanParameter.MeanOperation
    file: str
    value: _containers.RepeatedScalarFieldContainer[float]
    mean_scale: float
    input_scale: float
    output_scale: float
    def __init__(
        self,
        operation: MeanParameter.MeanOperation | str | None = ...,
        file: str | None = ...,
        value: _Iterable[float] | None = ...,
        mean_scale: float | None = ...,
        input_scale: float | None = ...,
        output_scale: float | None = ...,
    ) -> None: ...

class MemoryOptimizationParameter(_message.Message):
    __slots__ = ("optimize_train", "optimize_test", "exclude_blob")
    OPTIMIZE_TRAIN_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZE_TEST_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_BLOB_FIELD_NUMBER: _ClassVar[int]
    optimize_train: bool
    optimize_test: bool
    exclude_blob: _containers.RepeatedScalarFieldContainer[str]
    def __init__(
        self,
        optimize_train: bool = ...,
        optimize_test: bool = ...,
        exclude_blob: _Iterable[str] | None = ...,
    ) -> None: ...

class MnModelParallelParameter(_message.Message):
    __slots__ = ("layer_from", "layer_to", "num_nodes", "model_parts")
    LAYER_FROM_FIELD_NUMBER: _ClassVar[int]
    LAYER_TO_FIELD_NUMBER: _ClassVar[int]
    NUM_NODES_FIELD_NUMBER: _ClassVar[int]
    MODEL_PARTS_FIELD_NUMBER: _ClassVar[int]
    layer_from: str
    layer_to: str
    num_nodes: int
    model_parts: int
    def __init__(
        self,
        layer_from: str | None = ...,
        layer_to: str | None = ...,
        num_nodes: int | None = ...,
        model_parts: int | None = ...,
    ) -> None: ...

class MnParamGradCompressLayerTypeList(_message.Message):
    __slots__ = ("layer_type",)
    LAYER_TYPE_FIELD_NUMBER: _ClassVar[int]
    layer_type: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, layer_type: _Iterable[str] | None = ...) -> None: ...

class MultiBoxLossParameter(_message.Message):
    __slots__ = (
        "loc_loss_type",
        "conf_loss_type",
        "loc_weight",
        "num_classes",
        "share_location",
        "match_type",
        "overlap_threshold",
        "use_prior_for_matching",
        "background_label_id",
        "use_difficult_gt",
        "do_neg_mining",
        "neg_pos_ratio",
        "neg_overlap",
        "code_type",
        "encode_variance_in_target",
        "map_object_to_agnostic",
        "ignore_cross_boundary_bbox",
        "bp_inside",
        "mining_type",
        "nms_param",
        "sample_size",
        "use_prior_for_nms",
        "oriented_weight",
        "ignore_difficult_gt",
        "objectness_score",
    )
    class LocLossType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        L2: _ClassVar[MultiBoxLossParameter.LocLossType]
        SMOOTH_L1: _ClassVar[MultiBoxLossParameter.LocLossType]

    L2: MultiBoxLossParameter.LocLossType
    SMOOTH_L1: MultiBoxLossParameter.LocLossType
    class ConfLossType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SOFTMAX: _ClassVar[MultiBoxLossParameter.ConfLossType]
        LOGISTIC: _ClassVar[MultiBoxLossParameter.ConfLossType]

    SOFTMAX: MultiBoxLossParameter.ConfLossType
    LOGISTIC: MultiBoxLossParameter.ConfLossType
    class MatchType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BIPARTITE: _ClassVar[MultiBoxLossParameter.MatchType]
        PER_PREDICTION: _ClassVar[MultiBoxLossParameter.MatchType]

    BIPARTITE: MultiBoxLossParameter.MatchType
    PER_PREDICTION: MultiBoxLossParameter.MatchType
    class MiningType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NONE: _ClassVar[MultiBoxLossParameter.MiningType]
        MAX_NEGATIVE: _ClassVar[MultiBoxLossParameter.MiningType]
        HARD_EXAMPLE: _ClassVar[MultiBoxLossParameter.MiningType]

    NONE: MultiBoxLossParameter.MiningType
    MAX_NEGATIVE: MultiBoxLossParameter.MiningType
    HARD_EXAMPLE: MultiBoxLossParameter.MiningType
    LOC_LOSS_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONF_LOSS_TYPE_FIELD_NUMBER: _ClassVar[int]
    LOC_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    SHARE_LOCATION_FIELD_NUMBER: _ClassVar[int]
    MATCH_TYPE_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    USE_PRIOR_FOR_MATCHING_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_LABEL_ID_FIELD_NUMBER: _ClassVar[int]
    USE_DIFFICULT_GT_FIELD_NUMBER: _ClassVar[int]
    DO_NEG_MINING_FIELD_NUMBER: _ClassVar[int]
    NEG_POS_RATIO_FIELD_NUMBER: _ClassVar[int]
    NEG_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    CODE_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENCODE_VARIANCE_IN_TARGET_FIELD_NUMBER: _ClassVar[int]
    MAP_OBJECT_TO_AGNOSTIC_FIELD_NUMBER: _ClassVar[int]
    IGNORE_CROSS_BOUNDARY_BBOX_FIELD_NUMBER: _ClassVar[int]
    BP_INSIDE_FIELD_NUMBER: _ClassVar[int]
    MINING_TYPE_FIELD_NUMBER: _ClassVar[int]
    NMS_PARAM_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_SIZE_FIELD_NUMBER: _ClassVar[int]
    USE_PRIOR_FOR_NMS_FIELD_NUMBER: _ClassVar[int]
    ORIENTED_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    IGNORE_DIFFICULT_GT_FIELD_NUMBER: _ClassVar[int]
    OBJECTNESS_SCORE_FIELD_NUMBER: _ClassVar[int]
    loc_loss_type: MultiBoxLossParameter.LocLossType
    conf_loss_type: MultiBoxLossParameter.ConfLossType
    loc_weight: float
    num_classes: int
    share_location: bool
    match_type: MultiBoxLossParameter.MatchType
    overlap_threshold: float
    use_prior_for_matching: bool
    background_label_id: int
    use_difficult_gt: bool
    do_neg_mining: bool
    neg_pos_ratio: float
    neg_overlap: float
    code_type: PriorBoxParameter.CodeType
    encode_variance_in_target: bool
    map_object_to_agnostic: bool
    ignore_cross_boundary_bbox: bool
    bp_inside: bool
    mining_type: MultiBoxLossParameter.MiningType
    nms_param: NonMaximumSuppressionParameter
    sample_size: int
    use_prior_for_nms: bool
    oriented_weight: float
    ignore_difficult_gt: bool
    objectness_score: float
    def __init__(
        self,
        loc_loss_type: MultiBoxLossParameter.LocLossType | str | None = ...,
        conf_loss_type: MultiBoxLossParameter.ConfLossType | str | None = ...,
        loc_weight: float | None = ...,
        num_classes: int | None = ...,
        share_location: bool = ...,
        match_type: MultiBoxLossParameter.MatchType | str | None = ...,
        overlap_threshold: float | None = ...,
        use_prior_for_matching: bool = ...,
        background_label_id: int | None = ...,
        use_difficult_gt: bool = ...,
        do_neg_mining: bool = ...,
        neg_pos_ratio: float | None = ...,
        neg_overlap: float | None = ...,
        code_type: PriorBoxParameter.CodeType | str | None = ...,
        encode_variance_in_target: bool = ...,
        map_object_to_agnostic: bool = ...,
        ignore_cross_boundary_bbox: bool = ...,
        bp_inside: bool = ...,
        mining_type: MultiBoxLossParameter.MiningType | str | None = ...,
        nms_param: NonMaximumSuppressionParameter | _Mapping | None = ...,
        sample_size: int | None = ...,
        use_prior_for_nms: bool = ...,
        oriented_weight: float | None = ...,
        ignore_difficult_gt: bool = ...,
        objectness_score: float | None = ...,
    ) -> None: ...

class MultiStageMeanfieldParameter(_message.Message):
    __slots__ = (
        "compatibility_mode",
        "threshold",
        "theta_alpha",
        "theta_beta",
        "theta_gamma",
        "num_iterations",
        "spatial_filter_weights_str",
        "bilateral_filter_weights_str",
        "force_cpu",
        "spatial_filter_weight",
        "bilateral_filter_weight",
        "forced_spatial_filter_weight",
        "forced_bilateral_filter_weight",
    )
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        POTTS: _ClassVar[MultiStageMeanfieldParameter.Mode]

    POTTS: MultiStageMeanfieldParameter.Mode
    COMPATIBILITY_MODE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    THETA_ALPHA_FIELD_NUMBER: _ClassVar[int]
    THETA_BETA_FIELD_NUMBER: _ClassVar[int]
    THETA_GAMMA_FIELD_NUMBER: _ClassVar[int]
    NUM_ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_FILTER_WEIGHTS_STR_FIELD_NUMBER: _ClassVar[int]
    BILATERAL_FILTER_WEIGHTS_STR_FIELD_NUMBER: _ClassVar[int]
    FORCE_CPU_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_FILTER_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    BILATERAL_FILTER_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    FORCED_SPATIAL_FILTER_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    FORCED_BILATERAL_FILTER_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    compatibility_mode: MultiStageMeanfieldParameter.Mode
    threshold: float
    theta_alpha: float
    theta_beta: float
    theta_gamma: float
    num_iterations: int
    spatial_filter_weights_str: str
    bilateral_filter_weights_str: str
    force_cpu: bool
    spatial_filter_weight: float
    bilateral_filter_weight: float
    forced_spatial_filter_weight: float
    forced_bilateral_filter_weight: float
    def __init__(
        self,
        compatibility_mode: MultiStageMeanfieldParameter.Mode | str | None = ...,
        threshold: float | None = ...,
        theta_alpha: float | None = ...,
        theta_beta: float | None = ...,
        theta_gamma: float | None = ...,
        num_iterations: int | None = ...,
        spatial_filter_weights_str: str | None = ...,
        bilateral_filter_weights_str: str | None = ...,
        force_cpu: bool = ...,
        spatial_filter_weight: float | None = ...,
        bilateral_filter_weight: float | None = ...,
        forced_spatial_filter_weight: float | None = ...,
        forced_bilateral_filter_weight: float | None = ...,
    ) -> None: ...

class MultinodeLayerParameter(_message.Message):
    __slots__ = ("num_nodes", "model_parts")
    NUM_NODES_FIELD_NUMBER: _ClassVar[int]
    MODEL_PARTS_FIELD_NUMBER: _ClassVar[int]
    num_nodes: int
    model_parts: int
    def __init__(self, num_nodes: int | None = ..., model_parts: int | None = ...) -> None: ...

class MultinodeParameter(_message.Message):
    __slots__ = ("model_parallel", "compress_layer_type_list")
    MODEL_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    COMPRESS_LAYER_TYPE_LIST_FIELD_NUMBER: _ClassVar[int]
    model_parallel: _containers.RepeatedCompositeFieldContainer[MnModelParallelParameter]
    compress_layer_type_list: MnParamGradCompressLayerTypeList
    def __init__(
        self,
        model_parallel: _Iterable[MnModelParallelParameter | _Mapping] | None = ...,
        compress_layer_type_list: MnParamGradCompressLayerTypeList | _Mapping | None = ...,
    ) -> None: ...

class NoiseParameter(_message.Message):
    __slots__ = (
        "prob",
        "hist_eq",
        "inverse",
        "decolorize",
        "gauss_blur",
        "jpeg",
        "posterize",
        "erode",
        "saltpepper",
        "saltpepper_param",
        "clahe",
        "convert_to_hsv",
        "convert_to_lab",
        "gaussian_std",
        "uniform_range",
        "bias",
        "all_effects",
        "convert_to_ycrcb",
    )
    PROB_FIELD_NUMBER: _ClassVar[int]
    HIST_EQ_FIELD_NUMBER: _ClassVar[int]
    INVERSE_FIELD_NUMBER: _ClassVar[int]
    DECOLORIZE_FIELD_NUMBER: _ClassVar[int]
    GAUSS_BLUR_FIELD_NUMBER: _ClassVar[int]
    JPEG_FIELD_NUMBER: _ClassVar[int]
    POSTERIZE_FIELD_NUMBER: _ClassVar[int]
    ERODE_FIELD_NUMBER: _ClassVar[int]
    SALTPEPPER_FIELD_NUMBER: _ClassVar[int]
    SALTPEPPER_PARAM_FIELD_NUMBER: _ClassVar[int]
    CLAHE_FIELD_NUMBER: _ClassVar[int]
    CONVERT_TO_HSV_FIELD_NUMBER: _ClassVar[int]
    CONVERT_TO_LAB_FIELD_NUMBER: _ClassVar[int]
    GAUSSIAN_STD_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_RANGE_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    ALL_EFFECTS_FIELD_NUMBER: _ClassVar[int]
    CONVERT_TO_YCRCB_FIELD_NUMBER: _ClassVar[int]
    prob: float
    hist_eq: bool
    inverse: bool
    decolorize: bool
    gauss_blur: bool
    jpeg: float
    posterize: bool
    erode: bool
    saltpepper: bool
    saltpepper_param: SaltPepperParameter
    clahe: bool
    convert_to_hsv: bool
    convert_to_lab: bool
    gaussian_std: float
    uniform_range: float
    bias: float
    all_effects: bool
    convert_to_ycrcb: bool
    def __init__(
        self,
        prob: float | None = ...,
        hist_eq: bool = ...,
        inverse: bool = ...,
        decolorize: bool = ...,
        gauss_blur: bool = ...,
        jpeg: float | None = ...,
        posterize: bool = ...,
        erode: bool = ...,
        saltpepper: bool = ...,
        saltpepper_param: SaltPepperParameter | _Mapping | None = ...,
        clahe: bool = ...,
        convert_to_hsv: bool = ...,
        convert_to_lab: bool = ...,
        gaussian_std: float | None = ...,
        uniform_range: float | None = ...,
        bias: float | None = ...,
        all_effects: bool = ...,
        convert_to_ycrcb: bool = ...,
    ) -> None: ...

class NonMaximumSuppressionParameter(_message.Message):
    __slots__ = ("nms_threshold", "top_k", "eta", "soft_nms", "theta")
    NMS_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    SOFT_NMS_FIELD_NUMBER: _ClassVar[int]
    THETA_FIELD_NUMBER: _ClassVar[int]
    nms_threshold: float
    top_k: int
    eta: float
    soft_nms: bool
    theta: float
    def __init__(
        self,
        nms_threshold: float | None = ...,
        top_k: int | None = ...,
        eta: float | None = ...,
        soft_nms: bool = ...,
        theta: float | None = ...,
    ) -> None: ...

class NormalizeParameter(_message.Message):
    __slots__ = ("across_spatial", "scale_filler", "channel_shared", "eps")
    ACROSS_SPATIAL_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_SHARED_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    across_spatial: bool
    scale_filler: FillerParameter
    channel_shared: bool
    eps: float
    def __init__(
        self,
        across_spatial: bool = ...,
        scale_filler: FillerParameter | _Mapping | None = ...,
        channel_shared: bool = ...,
        eps: float | None = ...,
    ) -> None: ...

class NormalizedBBox(_message.Message):
    __slots__ = ("xmin", "ymin", "xmax", "ymax", "label", "difficult", "score", "size")
    XMIN_FIELD_NUMBER: _ClassVar[int]
    YMIN_FIELD_NUMBER: _ClassVar[int]
    XMAX_FIELD_NUMBER: _ClassVar[int]
    YMAX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DIFFICULT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    label: int
    difficult: bool
    score: float
    size: float
    def __init__(
        self,
        xmin: float | None = ...,
        ymin: float | None = ...,
        xmax: float | None = ...,
        ymax: float | None = ...,
        label: int | None = ...,
        difficult: bool = ...,
        score: float | None = ...,
        size: float | None = ...,
    ) -> None: ...

class NormalizedOrientedBBox(_message.Message):
    __slots__ = ("xc", "yc", "width", "height", "radians")
    XC_FIELD_NUMBER: _ClassVar[int]
    YC_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    RADIANS_FIELD_NUMBER: _ClassVar[int]
    xc: float
    yc: float
    width: float
    height: float
    radians: float
    def __init__(
        self,
        xc: float | None = ...,
        yc: float | None = ...,
        width: float | None = ...,
        height: float | None = ...,
        radians: float | None = ...,
    ) -> None: ...

class OneHotParameter(_message.Message):
    __slots__ = ("num_labels",)
    NUM_LABELS_FIELD_NUMBER: _ClassVar[int]
    num_labels: int
    def __init__(self, num_labels: int | None = ...) -> None: ...

class PSROIPoolingParameter(_message.Message):
    __slots__ = ("spatial_scale", "output_dim", "group_size")
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    GROUP_SIZE_FIELD_NUMBER: _ClassVar[int]
    spatial_scale: float
    output_dim: int
    group_size: int
    def __init__(
        self,
        spatial_scale: float | None = ...,
        output_dim: int | None = ...,
        group_size: int | None = ...,
    ) -> None: ...

class PaddingParameter(_message.Message):
    __slots__ = ("pad_beg", "pad_end")
    PAD_BEG_FIELD_NUMBER: _ClassVar[int]
    PAD_END_FIELD_NUMBER: _ClassVar[int]
    pad_beg: int
    pad_end: int
    def __init__(self, pad_beg: int | None = ..., pad_end: int | None = ...) -> None: ...

class PermuteParameter(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, order: _Iterable[int] | None = ...) -> None: ...

class PermutohedralParameter(_message.Message):
    __slots__ = (
        "num_output",
        "neighborhood_size",
        "filter_filler",
        "repeated_init",
        "group",
        "bias_term",
        "bias_filler",
        "norm_type",
        "offset_type",
        "visualize_lattice",
        "do_skip_blur",
    )
    class NormType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        AFTER: _ClassVar[PermutohedralParameter.NormType]
        SYMMETRIC: _ClassVar[PermutohedralParameter.NormType]

    AFTER: PermutohedralParameter.NormType
    SYMMETRIC: PermutohedralParameter.NormType
    class OffsetType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FULL: _ClassVar[PermutohedralParameter.OffsetType]
        DIAG: _ClassVar[PermutohedralParameter.OffsetType]
        NONE: _ClassVar[PermutohedralParameter.OffsetType]

    FULL: PermutohedralParameter.OffsetType
    DIAG: PermutohedralParameter.OffsetType
    NONE: PermutohedralParameter.OffsetType
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    NEIGHBORHOOD_SIZE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FILLER_FIELD_NUMBER: _ClassVar[int]
    REPEATED_INIT_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    NORM_TYPE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_TYPE_FIELD_NUMBER: _ClassVar[int]
    VISUALIZE_LATTICE_FIELD_NUMBER: _ClassVar[int]
    DO_SKIP_BLUR_FIELD_NUMBER: _ClassVar[int]
    num_output: int
    neighborhood_size: int
    filter_filler: FillerParameter
    repeated_init: bool
    group: int
    bias_term: bool
    bias_filler: FillerParameter
    norm_type: PermutohedralParameter.NormType
    offset_type: PermutohedralParameter.OffsetType
    visualize_lattice: bool
    do_skip_blur: bool
    def __init__(
        self,
        num_output: int | None = ...,
        neighborhood_size: int | None = ...,
        filter_filler: FillerParameter | _Mapping | None = ...,
        repeated_init: bool = ...,
        group: int | None = ...,
        bias_term: bool = ...,
        bias_filler: FillerParameter | _Mapping | None = ...,
        norm_type: PermutohedralParameter.NormType | str | None = ...,
        offset_type: PermutohedralParameter.OffsetType | str | None = ...,
        visualize_lattice: bool = ...,
        do_skip_blur: bool = ...,
    ) -> None: ...

class PixelFeatureParameter(_message.Message):
    __slots__ = (
        "type",
        "rotation_angle",
        "pos_scale",
        "rotation_sigma",
        "num_random_pos",
        "offset_h",
        "offset_w",
        "color_scale",
    )
    class Feature(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        POSITION: _ClassVar[PixelFeatureParameter.Feature]
        POSITION_AND_RGB: _ClassVar[PixelFeatureParameter.Feature]
        RGB_AND_POSITION: _ClassVar[PixelFeatureParameter.Feature]
        RGB: _ClassVar[PixelFeatureParameter.Feature]
        RANDOM_POSITION: _ClassVar[PixelFeatureParameter.Feature]
        WARPED_POSITION: _ClassVar[PixelFeatureParameter.Feature]
        NUM_RANDOM_POSITION: _ClassVar[PixelFeatureParameter.Feature]
        RANDOM_ROTATE: _ClassVar[PixelFeatureParameter.Feature]

    POSITION: PixelFeatureParameter.Feature
    POSITION_AND_RGB: PixelFeatureParameter.Feature
    RGB_AND_POSITION: PixelFeatureParameter.Feature
    RGB: PixelFeatureParameter.Feature
    RANDOM_POSITION: PixelFeatureParameter.Feature
    WARPED_POSITION: PixelFeatureParameter.Feature
    NUM_RANDOM_POSITION: PixelFeatureParameter.Feature
    RANDOM_ROTATE: PixelFeatureParameter.Feature
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ROTATION_ANGLE_FIELD_NUMBER: _ClassVar[int]
    POS_SCALE_FIELD_NUMBER: _ClassVar[int]
    ROTATION_SIGMA_FIELD_NUMBER: _ClassVar[int]
    NUM_RANDOM_POS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_H_FIELD_NUMBER: _ClassVar[int]
    OFFSET_W_FIELD_NUMBER: _ClassVar[int]
    COLOR_SCALE_FIELD_NUMBER: _ClassVar[int]
    type: PixelFeatureParameter.Feature
    rotation_angle: float
    pos_scale: float
    rotation_sigma: float
    num_random_pos: int
    offset_h: float
    offset_w: float
    color_scale: float
    def __init__(
        self,
        type: PixelFeatureParameter.Feature | str | None = ...,
        rotation_angle: float | None = ...,
        pos_scale: float | None = ...,
        rotation_sigma: float | None = ...,
        num_random_pos: int | None = ...,
        offset_h: float | None = ...,
        offset_w: float | None = ...,
        color_scale: float | None = ...,
    ) -> None: ...

class Pooling3DParameter(_message.Message):
    __slots__ = ("pool", "kernel_size", "stride", "pad", "kernel_depth", "temporal_stride")
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MAX: _ClassVar[Pooling3DParameter.PoolMethod]
        AVE: _ClassVar[Pooling3DParameter.PoolMethod]
        STOCHASTIC: _ClassVar[Pooling3DParameter.PoolMethod]

    MAX: Pooling3DParameter.PoolMethod
    AVE: Pooling3DParameter.PoolMethod
    STOCHASTIC: Pooling3DParameter.PoolMethod
    POOL_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    KERNEL_DEPTH_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_STRIDE_FIELD_NUMBER: _ClassVar[int]
    pool: Pooling3DParameter.PoolMethod
    kernel_size: int
    stride: int
    pad: int
    kernel_depth: int
    temporal_stride: int
    def __init__(
        self,
        pool: Pooling3DParameter.PoolMethod | str | None = ...,
        kernel_size: int | None = ...,
        stride: int | None = ...,
        pad: int | None = ...,
        kernel_depth: int | None = ...,
        temporal_stride: int | None = ...,
    ) -> None: ...

class PoolingNDParameter(_message.Message):
    __slots__ = (
        "pool",
        "pad",
        "kernel_size",
        "stride",
        "pad_h",
        "pad_w",
        "kernel_h",
        "kernel_w",
        "stride_h",
        "stride_w",
        "engine",
        "global_pooling",
        "axis",
    )
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MAX: _ClassVar[PoolingNDParameter.PoolMethod]
        AVE: _ClassVar[PoolingNDParameter.PoolMethod]
        STOCHASTIC: _ClassVar[PoolingNDParameter.PoolMethod]

    MAX: PoolingNDParameter.PoolMethod
    AVE: PoolingNDParameter.PoolMethod
    STOCHASTIC: PoolingNDParameter.PoolMethod
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[PoolingNDParameter.Engine]
        CAFFE: _ClassVar[PoolingNDParameter.Engine]
        CUDNN: _ClassVar[PoolingNDParameter.Engine]

    DEFAULT: PoolingNDParameter.Engine
    CAFFE: PoolingNDParameter.Engine
    CUDNN: PoolingNDParameter.Engine
    POOL_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    PAD_H_FIELD_NUMBER: _ClassVar[int]
    PAD_W_FIELD_NUMBER: _ClassVar[int]
    KERNEL_H_FIELD_NUMBER: _ClassVar[int]
    KERNEL_W_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_POOLING_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    pool: PoolingNDParameter.PoolMethod
    pad: _containers.RepeatedScalarFieldContainer[int]
    kernel_size: _containers.RepeatedScalarFieldContainer[int]
    stride: _containers.RepeatedScalarFieldContainer[int]
    pad_h: int
    pad_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    engine: PoolingNDParameter.Engine
    global_pooling: bool
    axis: int
    def __init__(
        self,
        pool: PoolingNDParameter.PoolMethod | str | None = ...,
        pad: _Iterable[int] | None = ...,
        kernel_size: _Iterable[int] | None = ...,
        stride: _Iterable[int] | None = ...,
        pad_h: int | None = ...,
        pad_w: int | None = ...,
        kernel_h: int | None = ...,
        kernel_w: int | None = ...,
        stride_h: int | None = ...,
        stride_w: int | None = ...,
        engine: PoolingNDParameter.Engine | str | None = ...,
        global_pooling: bool = ...,
        axis: int | None = ...,
    ) -> None: ...

class PriorBoxParameter(_message.Message):
    __slots__ = (
        "min_size",
        "max_size",
        "aspect_ratio",
        "flip",
        "clip",
        "variance",
        "img_size",
        "img_h",
        "img_w",
        "step",
        "step_h",
        "step_w",
        "offset",
        "reduce_boxes",
    )
    class CodeType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CORNER: _ClassVar[PriorBoxParameter.CodeType]
        CENTER_SIZE: _ClassVar[PriorBoxParameter.CodeType]
        CORNER_SIZE: _ClassVar[PriorBoxParameter.CodeType]

    CORNER: PriorBoxParameter.CodeType
    CENTER_SIZE: PriorBoxParameter.CodeType
    CORNER_SIZE: PriorBoxParameter.CodeType
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    ASPECT_RATIO_FIELD_NUMBER: _ClassVar[int]
    FLIP_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    VARIANCE_FIELD_NUMBER: _ClassVar[int]
    IMG_SIZE_FIELD_NUMBER: _ClassVar[int]
    IMG_H_FIELD_NUMBER: _ClassVar[int]
    IMG_W_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEP_H_FIELD_NUMBER: _ClassVar[int]
    STEP_W_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    REDUCE_BOXES_FIELD_NUMBER: _ClassVar[int]
    min_size: _containers.RepeatedScalarFieldContainer[float]
    max_size: _containers.RepeatedScalarFieldContainer[float]
    aspect_ratio: _containers.RepeatedScalarFieldContainer[float]
    flip: bool
    clip: bool
    variance: _containers.RepeatedScalarFieldContainer[float]
    img_size: int
    img_h: int
    img_w: int
    step: float
    step_h: float
    step_w: float
    offset: float
    reduce_boxes: bool
    def __init__(
        self,
        min_size: _Iterable[float] | None = ...,
        max_size: _Iterable[float] | None = ...,
        aspect_ratio: _Iterable[float] | None = ...,
        flip: bool = ...,
        clip: bool = ...,
        variance: _Iterable[float] | None = ...,
        img_size: int | None = ...,
        img_h: int | None = ...,
        img_w: int | None = ...,
        step: float | None = ...,
        step_h: float | None = ...,
        step_w: float | None = ...,
        offset: float | None = ...,
        reduce_boxes: bool = ...,
    ) -> None: ...

class ProposalParameter(_message.Message):
    __slots__ = (
        "feat_stride",
        "base_size",
        "min_size",
        "ratio",
        "scale",
        "pre_nms_topn",
        "post_nms_topn",
        "nms_thresh",
    )
    FEAT_STRIDE_FIELD_NUMBER: _ClassVar[int]
    BASE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    PRE_NMS_TOPN_FIELD_NUMBER: _ClassVar[int]
    POST_NMS_TOPN_FIELD_NUMBER: _ClassVar[int]
    NMS_THRESH_FIELD_NUMBER: _ClassVar[int]
    feat_stride: int
    base_size: int
    min_size: int
    ratio: _containers.RepeatedScalarFieldContainer[float]
    scale: _containers.RepeatedScalarFieldContainer[float]
    pre_nms_topn: int
    post_nms_topn: int
    nms_thresh: float
    def __init__(
        self,
        feat_stride: int | None = ...,
        base_size: int | None = ...,
        min_size: int | None = ...,
        ratio: _Iterable[float] | None = ...,
        scale: _Iterable[float] | None = ...,
        pre_nms_topn: int | None = ...,
        post_nms_topn: int | None = ...,
        nms_thresh: float | None = ...,
    ) -> None: ...

class ProposalTargetParameter(_message.Message):
    __slots__ = (
        "cls_num",
        "batch_size",
        "fg_fraction",
        "num_img_per_batch",
        "fg_thr",
        "bg_thr_hg",
        "bg_thr_lw",
        "img_width",
        "img_height",
        "iou_weighted",
    )
    CLS_NUM_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    NUM_IMG_PER_BATCH_FIELD_NUMBER: _ClassVar[int]
    FG_THR_FIELD_NUMBER: _ClassVar[int]
    BG_THR_HG_FIELD_NUMBER: _ClassVar[int]
    BG_THR_LW_FIELD_NUMBER: _ClassVar[int]
    IMG_WIDTH_FIELD_NUMBER: _ClassVar[int]
    IMG_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    IOU_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    cls_num: int
    batch_size: int
    fg_fraction: float
    num_img_per_batch: int
    fg_thr: float
    bg_thr_hg: float
    bg_thr_lw: float
    img_width: int
    img_height: int
    iou_weighted: bool
    def __init__(
        self,
        cls_num: int | None = ...,
        batch_size: int | None = ...,
        fg_fraction: float | None = ...,
        num_img_per_batch: int | None = ...,
        fg_thr: float | None = ...,
        bg_thr_hg: float | None = ...,
        bg_thr_lw: float | None = ...,
        img_width: int | None = ...,
        img_height: int | None = ...,
        iou_weighted: bool = ...,
    ) -> None: ...

class QuantizationParameter(_message.Message):
    __slots__ = (
        "precision",
        "rounding_scheme",
        "bw_layer_in",
        "bw_layer_out",
        "bw_params",
        "fl_layer_in",
        "fl_layer_out",
        "fl_params",
        "scale_in",
        "scale_out",
        "scale_params",
        "is_negative_input",
        "force_u8_input",
    )
    class Precision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DYNAMIC_FIXED_POINT: _ClassVar[QuantizationParameter.Precision]

    DYNAMIC_FIXED_POINT: QuantizationParameter.Precision
    class Rounding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NEAREST: _ClassVar[QuantizationParameter.Rounding]

    NEAREST: QuantizationParameter.Rounding
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    ROUNDING_SCHEME_FIELD_NUMBER: _ClassVar[int]
    BW_LAYER_IN_FIELD_NUMBER: _ClassVar[int]
    BW_LAYER_OUT_FIELD_NUMBER: _ClassVar[int]
    BW_PARAMS_FIELD_NUMBER: _ClassVar[int]
    FL_LAYER_IN_FIELD_NUMBER: _ClassVar[int]
    FL_LAYER_OUT_FIELD_NUMBER: _ClassVar[int]
    FL_PARAMS_FIELD_NUMBER: _ClassVar[int]
    SCALE_IN_FIELD_NUMBER: _ClassVar[int]
    SCALE_OUT_FIELD_NUMBER: _ClassVar[int]
    SCALE_PARAMS_FIELD_NUMBER: _ClassVar[int]
    IS_NEGATIVE_INPUT_FIELD_NUMBER: _ClassVar[int]
    FORCE_U8_INPUT_FIELD_NUMBER: _ClassVar[int]
    precision: QuantizationParameter.Precision
    rounding_scheme: QuantizationParameter.Rounding
    bw_layer_in: int
    bw_layer_out: int
    bw_params: int
    fl_layer_in: _containers.RepeatedScalarFieldContainer[int]
    fl_layer_out: _containers.RepeatedScalarFieldContainer[int]
    fl_params: _containers.RepeatedScalarFieldContainer[int]
    scale_in: _containers.RepeatedScalarFieldContainer[float]
    scale_out: _containers.RepeatedScalarFieldContainer[float]
    scale_params: _containers.RepeatedScalarFieldContainer[float]
    is_negative_input: bool
    force_u8_input: bool
    def __init__(
        self,
        precision: QuantizationParameter.Precision | str | None = ...,
        rounding_scheme: QuantizationParameter.Rounding | str | None = ...,
        bw_layer_in: int | None = ...,
        bw_layer_out: int | None = ...,
        bw_params: int | None = ...,
        fl_layer_in: _Iterable[int] | None = ...,
        fl_layer_out: _Iterable[int] | None = ...,
        fl_params: _Iterable[int] | None = ...,
        scale_in: _Iterable[float] | None = ...,
        scale_out: _Iterable[float] | None = ...,
        scale_params: _Iterable[float] | None = ...,
        is_negative_input: bool = ...,
        force_u8_input: bool = ...,
    ) -> None: ...

class ROIPoolingParameter(_message.Message):
    __slots__ = ("pooled_h", "pooled_w", "spatial_scale", "pooled_size", "pad_ratio")
    POOLED_H_FIELD_NUMBER: _ClassVar[int]
    POOLED_W_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    POOLED_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    pooled_size: _containers.RepeatedScalarFieldContainer[int]
    pad_ratio: float
    def __init__(
        self,
        pooled_h: int | None = ...,
        pooled_w: int | None = ...,
        spatial_scale: float | None = ...,
        pooled_size: _Iterable[int] | None = ...,
        pad_ratio: float | None = ...,
    ) -> None: ...

class ROIWarpingParameter(_message.Message):
    __slots__ = ("pooled_h", "pooled_w", "spatial_scale")
    POOLED_H_FIELD_NUMBER: _ClassVar[int]
    POOLED_W_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    def __init__(
        self,
        pooled_h: int | None = ...,
        pooled_w: int | None = ...,
        spatial_scale: float | None = ...,
    ) -> None: ...

class RReLUParameter(_message.Message):
    __slots__ = ("lb", "ub")
    LB_FIELD_NUMBER: _ClassVar[int]
    UB_FIELD_NUMBER: _ClassVar[int]
    lb: float
    ub: float
    def __init__(self, lb: float | None = ..., ub: float | None = ...) -> None: ...

class RandomAspectRatioParameter(_message.Message):
    __slots__ = (
        "min_area_ratio",
        "max_area_ratio",
        "aspect_ratio_change",
        "max_attempt",
        "resize_param",
    )
    MIN_AREA_RATIO_FIELD_NUMBER: _ClassVar[int]
    MAX_AREA_RATIO_FIELD_NUMBER: _ClassVar[int]
    ASPECT_RATIO_CHANGE_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    min_area_ratio: float
    max_area_ratio: float
    aspect_ratio_change: float
    max_attempt: int
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    def __init__(
        self,
        min_area_ratio: float | None = ...,
        max_area_ratio: float | None = ...,
        aspect_ratio_change: float | None = ...,
        max_attempt: int | None = ...,
        resize_param: _Iterable[ResizeParameter | _Mapping] | None = ...,
    ) -> None: ...

class RandomGeneratorParameter(_message.Message):
    __slots__ = (
        "rand_type",
        "exp",
        "mean",
        "spread",
        "prob",
        "apply_schedule",
        "discretize",
        "multiplier",
    )
    RAND_TYPE_FIELD_NUMBER: _ClassVar[int]
    EXP_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    APPLY_SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    DISCRETIZE_FIELD_NUMBER: _ClassVar[int]
    MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    rand_type: str
    exp: bool
    mean: float
    spread: float
    prob: float
    apply_schedule: bool
    discretize: bool
    multiplier: float
    def __init__(
        self,
        rand_type: str | None = ...,
        exp: bool = ...,
        mean: float | None = ...,
        spread: float | None = ...,
        prob: float | None = ...,
        apply_schedule: bool = ...,
        discretize: bool = ...,
        multiplier: float | None = ...,
    ) -> None: ...

class RandomResizeParameter(_message.Message):
    __slots__ = ("min_size", "max_size", "resize_param")
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    min_size: int
    max_size: int
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    def __init__(
        self,
        min_size: int | None = ...,
        max_size: int | None = ...,
        resize_param: _Iterable[ResizeParameter | _Mapping] | None = ...,
    ) -> None: ...

class RankParameter(_message.Message):
    __slots__ = ("neg_num", "pair_size", "hard_ratio", "rand_ratio", "margin")
    NEG_NUM_FIELD_NUMBER: _ClassVar[int]
    PAIR_SIZE_FIELD_NUMBER: _ClassVar[int]
    HARD_RATIO_FIELD_NUMBER: _ClassVar[int]
    RAND_RATIO_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    neg_num: int
    pair_size: int
    hard_ratio: float
    rand_ratio: float
    margin: float
    def __init__(
        self,
        neg_num: int | None = ...,
        pair_size: int | None = ...,
        hard_ratio: float | None = ...,
        rand_ratio: float | None = ...,
        margin: float | None = ...,
    ) -> None: ...

class ReLU6Parameter(_message.Message):
    __slots__ = ("engine", "negative_slope")
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[ReLU6Parameter.Engine]
        CAFFE: _ClassVar[ReLU6Parameter.Engine]
        CUDNN: _ClassVar[ReLU6Parameter.Engine]

    DEFAULT: ReLU6Parameter.Engine
    CAFFE: ReLU6Parameter.Engine
    CUDNN: ReLU6Parameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_SLOPE_FIELD_NUMBER: _ClassVar[int]
    engine: ReLU6Parameter.Engine
    negative_slope: float
    def __init__(
        self, engine: ReLU6Parameter.Engine | str | None = ..., negative_slope: float | None = ...
    ) -> None: ...

class RedAccuracyParameter(_message.Message):
    __slots__ = ("top_k", "ignore_label", "class_num")
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    CLASS_NUM_FIELD_NUMBER: _ClassVar[int]
    top_k: int
    ignore_label: int
    class_num: int
    def __init__(
        self, top_k: int | None = ..., ignore_label: int | None = ..., class_num: int | None = ...
    ) -> None: ...

class RedSoftmaxWithLossParameter(_message.Message):
    __slots__ = ("class_num",)
    CLASS_NUM_FIELD_NUMBER: _ClassVar[int]
    class_num: int
    def __init__(self, class_num: int | None = ...) -> None: ...

class RegionLossParameter(_message.Message):
    __slots__ = (
        "side",
        "num_class",
        "bias_match",
        "coords",
        "num",
        "softmax",
        "jitter",
        "rescore",
        "object_scale",
        "class_scale",
        "noobject_scale",
        "coord_scale",
        "absolute",
        "thresh",
        "random",
        "biases",
        "softmax_tree",
        "class_map",
    )
    SIDE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    BIAS_MATCH_FIELD_NUMBER: _ClassVar[int]
    COORDS_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_FIELD_NUMBER: _ClassVar[int]
    JITTER_FIELD_NUMBER: _ClassVar[int]
    RESCORE_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    NOOBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    COORD_SCALE_FIELD_NUMBER: _ClassVar[int]
    ABSOLUTE_FIELD_NUMBER: _ClassVar[int]
    THRESH_FIELD_NUMBER: _ClassVar[int]
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_TREE_FIELD_NUMBER: _ClassVar[int]
    CLASS_MAP_FIELD_NUMBER: _ClassVar[int]
    side: int
    num_class: int
    bias_match: int
    coords: int
    num: int
    softmax: int
    jitter: float
    rescore: int
    object_scale: float
    class_scale: float
    noobject_scale: float
    coord_scale: float
    absolute: int
    thresh: float
    random: int
    biases: _containers.RepeatedScalarFieldContainer[float]
    softmax_tree: str
    class_map: str
    def __init__(
        self,
        side: int | None = ...,
        num_class: int | None = ...,
        bias_match: int | None = ...,
        coords: int | None = ...,
        num: int | None = ...,
        softmax: int | None = ...,
        jitter: float | None = ...,
        rescore: int | None = ...,
        object_scale: float | None = ...,
        class_scale: float | None = ...,
        noobject_scale: float | None = ...,
        coord_scale: float | None = ...,
        absolute: int | None = ...,
        thresh: float | None = ...,
        random: int | None = ...,
        biases: _Iterable[float] | None = ...,
        softmax_tree: str | None = ...,
        class_map: str | None = ...,
    ) -> None: ...

class ReorgParameter(_message.Message):
    __slots__ = ("stride", "reverse")
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    REVERSE_FIELD_NUMBER: _ClassVar[int]
    stride: int
    reverse: bool
    def __init__(self, stride: int | None = ..., reverse: bool = ...) -> None: ...

class RepackParameter(_message.Message):
    __slots__ = ("operation", "stride", "stride_h", "stride_w")
    class Operation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PACK_IMAGE: _ClassVar[RepackParameter.Operation]
        UNPACK_IMAGE: _ClassVar[RepackParameter.Operation]

    PACK_IMAGE: RepackParameter.Operation
    UNPACK_IMAGE: RepackParameter.Operation
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    operation: RepackParameter.Operation
    stride: int
    stride_h: int
    stride_w: int
    def __init__(
        self,
        operation: RepackParameter.Operation | str | None = ...,
        stride: int | None = ...,
        stride_h: int | None = ...,
        stride_w: int | None = ...,
    ) -> None: ...

class ResampleParameter(_message.Message):
    __slots__ = ("antialias", "width", "height", "type", "factor")
    class ResampleType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NEAREST: _ClassVar[ResampleParameter.ResampleType]
        LINEAR: _ClassVar[ResampleParameter.ResampleType]
        CUBIC: _ClassVar[ResampleParameter.ResampleType]
        AREA: _ClassVar[ResampleParameter.ResampleType]

    NEAREST: ResampleParameter.ResampleType
    LINEAR: ResampleParameter.ResampleType
    CUBIC: ResampleParameter.ResampleType
    AREA: ResampleParameter.ResampleType
    ANTIALIAS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    antialias: bool
    width: int
    height: int
    type: ResampleParameter.ResampleType
    factor: float
    def __init__(
        self,
        antialias: bool = ...,
        width: int | None = ...,
        height: int | None = ...,
        type: ResampleParameter.ResampleType | str | None = ...,
        factor: float | None = ...,
    ) -> None: ...

class RescaleParameter(_message.Message):
    __slots__ = ("rf",)
    RF_FIELD_NUMBER: _ClassVar[int]
    rf: int
    def __init__(self, rf: int | None = ...) -> None: ...

class ResizeParameter(_message.Message):
    __slots__ = (
        "prob",
        "resize_mode",
        "height",
        "width",
        "height_scale",
        "width_scale",
        "pad_mode",
        "pad_value",
        "interp_mode",
        "center_object",
        "max_angle",
        "is_pyramid_test",
        "out_height_scale",
        "out_width_scale",
        "multiscale",
        "min_sz",
        "max_sz",
    )
    class Resize_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        WARP: _ClassVar[ResizeParameter.Resize_mode]
        FIT_SMALL_SIZE: _ClassVar[ResizeParameter.Resize_mode]
        FIT_LARGE_SIZE_AND_PAD: _ClassVar[ResizeParameter.Resize_mode]

    WARP: ResizeParameter.Resize_mode
    FIT_SMALL_SIZE: ResizeParameter.Resize_mode
    FIT_LARGE_SIZE_AND_PAD: ResizeParameter.Resize_mode
    class Pad_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CONSTANT: _ClassVar[ResizeParameter.Pad_mode]
        MIRRORED: _ClassVar[ResizeParameter.Pad_mode]
        REPEAT_NEAREST: _ClassVar[ResizeParameter.Pad_mode]

    CONSTANT: ResizeParameter.Pad_mode
    MIRRORED: ResizeParameter.Pad_mode
    REPEAT_NEAREST: ResizeParameter.Pad_mode
    class Interp_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LINEAR: _ClassVar[ResizeParameter.Interp_mode]
        AREA: _ClassVar[ResizeParameter.Interp_mode]
        NEAREST: _ClassVar[ResizeParameter.Interp_mode]
        CUBIC: _ClassVar[ResizeParameter.Interp_mode]
        LANCZOS4: _ClassVar[ResizeParameter.Interp_mode]

    LINEAR: ResizeParameter.Interp_mode
    AREA: ResizeParameter.Interp_mode
    NEAREST: ResizeParameter.Interp_mode
    CUBIC: ResizeParameter.Interp_mode
    LANCZOS4: ResizeParameter.Interp_mode
    PROB_FIELD_NUMBER: _ClassVar[int]
    RESIZE_MODE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_SCALE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_SCALE_FIELD_NUMBER: _ClassVar[int]
    PAD_MODE_FIELD_NUMBER: _ClassVar[int]
    PAD_VALUE_FIELD_NUMBER: _ClassVar[int]
    INTERP_MODE_FIELD_NUMBER: _ClassVar[int]
    CENTER_OBJECT_FIELD_NUMBER: _ClassVar[int]
    MAX_ANGLE_FIELD_NUMBER: _ClassVar[int]
    IS_PYRAMID_TEST_FIELD_NUMBER: _ClassVar[int]
    OUT_HEIGHT_SCALE_FIELD_NUMBER: _ClassVar[int]
    OUT_WIDTH_SCALE_FIELD_NUMBER: _ClassVar[int]
    MULTISCALE_FIELD_NUMBER: _ClassVar[int]
    MIN_SZ_FIELD_NUMBER: _ClassVar[int]
    MAX_SZ_FIELD_NUMBER: _ClassVar[int]
    prob: float
    resize_mode: ResizeParameter.Resize_mode
    height: int
    width: int
    height_scale: int
    width_scale: int
    pad_mode: ResizeParameter.Pad_mode
    pad_value: _containers.RepeatedScalarFieldContainer[float]
    interp_mode: _containers.RepeatedScalarFieldContainer[ResizeParameter.Interp_mode]
    center_object: bool
    max_angle: float
    is_pyramid_test: bool
    out_height_scale: float
    out_width_scale: float
    multiscale: bool
    min_sz: int
    max_sz: int
    def __init__(
        self,
        prob: float | None = ...,
        resize_mode: ResizeParameter.Resize_mode | str | None = ...,
        height: int | None = ...,
        width: int | None = ...,
        height_scale: int | None = ...,
        width_scale: int | None = ...,
        pad_mode: ResizeParameter.Pad_mode | str | None = ...,
        pad_value: _Iterable[float] | None = ...,
        interp_mode: _Iterable[ResizeParameter.Interp_mode | str] | None = ...,
        center_object: bool = ...,
        max_angle: float | None = ...,
        is_pyramid_test: bool = ...,
        out_height_scale: float | None = ...,
        out_width_scale: float | None = ...,
        multiscale: bool = ...,
        min_sz: int | None = ...,
        max_sz: int | None = ...,
    ) -> None: ...

class ReverseParameter(_message.Message):
    __slots__ = ("axis",)
    AXIS_FIELD_NUMBER: _ClassVar[int]
    axis: int
    def __init__(self, axis: int | None = ...) -> None: ...

class RotateROIPoolingParameter(_message.Message):
    __slots__ = ("pooled_h", "pooled_w", "spatial_scale")
    POOLED_H_FIELD_NUMBER: _ClassVar[int]
    POOLED_W_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    pooled_h: int
    pooled_w: int
    spatial_scale: float
    def __init__(
        self,
        pooled_h: int | None = ...,
        pooled_w: int | None = ...,
        spatial_scale: float | None = ...,
    ) -> None: ...

class RunningAverageParameter(_message.Message):
    __slots__ = ("alpha", "initial_value")
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    INITIAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    initial_value: float
    def __init__(self, alpha: float | None = ..., initial_value: float | None = ...) -> None: ...

class SeLuParameter(_message.Message):
    __slots__ = ("alpha",)
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    def __init__(self, alpha: float | None = ..., **kwargs) -> None: ...

class SELUDropoutParameter(_message.Message):
    __slots__ = ("dropout_ratio", "alpha")
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    dropout_ratio: float
    alpha: float
    def __init__(self, dropout_ratio: float | None = ..., alpha: float | None = ...) -> None: ...

class SaltPepperParameter(_message.Message):
    __slots__ = ("fraction", "value")
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    value: _containers.RepeatedScalarFieldContainer[float]
    def __init__(
        self, fraction: float | None = ..., value: _Iterable[float] | None = ...
    ) -> None: ...

class SampleConstraint(_message.Message):
    __slots__ = (
        "min_jaccard_overlap",
        "max_jaccard_overlap",
        "min_sample_coverage",
        "max_sample_coverage",
        "min_object_coverage",
        "max_object_coverage",
    )
    MIN_JACCARD_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    MAX_JACCARD_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    MIN_SAMPLE_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_SAMPLE_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    MIN_OBJECT_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_OBJECT_COVERAGE_FIELD_NUMBER: _ClassVar[int]
    min_jaccard_overlap: float
    max_jaccard_overlap: float
    min_sample_coverage: float
    max_sample_coverage: float
    min_object_coverage: float
    max_object_coverage: float
    def __init__(
        self,
        min_jaccard_overlap: float | None = ...,
        max_jaccard_overlap: float | None = ...,
        min_sample_coverage: float | None = ...,
        max_sample_coverage: float | None = ...,
        min_object_coverage: float | None = ...,
        max_object_coverage: float | None = ...,
    ) -> None: ...

class Sampler(_message.Message):
    __slots__ = ("min_scale", "max_scale", "min_aspect_ratio", "max_aspect_ratio")
    MIN_SCALE_FIELD_NUMBER: _ClassVar[int]
    MAX_SCALE_FIELD_NUMBER: _ClassVar[int]
    MIN_ASPECT_RATIO_FIELD_NUMBER: _ClassVar[int]
    MAX_ASPECT_RATIO_FIELD_NUMBER: _ClassVar[int]
    min_scale: float
    max_scale: float
    min_aspect_ratio: float
    max_aspect_ratio: float
    def __init__(
        self,
        min_scale: float | None = ...,
        max_scale: float | None = ...,
        min_aspect_ratio: float | None = ...,
        max_aspect_ratio: float | None = ...,
    ) -> None: ...

class SaveOutputParameter(_message.Message):
    __slots__ = (
        "output_directory",
        "output_name_prefix",
        "output_format",
        "label_map_file",
        "name_size_file",
        "num_test_image",
        "resize_param",
    )
    OUTPUT_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_NAME_PREFIX_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    LABEL_MAP_FILE_FIELD_NUMBER: _ClassVar[int]
    NAME_SIZE_FILE_FIELD_NUMBER: _ClassVar[int]
    NUM_TEST_IMAGE_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    output_directory: str
    output_name_prefix: str
    output_format: str
    label_map_file: str
    name_size_file: str
    num_test_image: int
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    def __init__(
        self,
        output_directory: str | None = ...,
        output_name_prefix: str | None = ...,
        output_format: str | None = ...,
        label_map_file: str | None = ...,
        name_size_file: str | None = ...,
        num_test_image: int | None = ...,
        resize_param: _Iterable[ResizeParameter | _Mapping] | None = ...,
    ) -> None: ...

class SegAccuracyParameter(_message.Message):
    __slots__ = ("metric", "ignore_label", "reset")
    class AccuracyMetric(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PixelAccuracy: _ClassVar[SegAccuracyParameter.AccuracyMetric]
        ClassAccuracy: _ClassVar[SegAccuracyParameter.AccuracyMetric]
        PixelIOU: _ClassVar[SegAccuracyParameter.AccuracyMetric]

    PixelAccuracy: SegAccuracyParameter.AccuracyMetric
    ClassAccuracy: SegAccuracyParameter.AccuracyMetric
    PixelIOU: SegAccuracyParameter.AccuracyMetric
    METRIC_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    metric: SegAccuracyParameter.AccuracyMetric
    ignore_label: _containers.RepeatedScalarFieldContainer[int]
    reset: bool
    def __init__(
        self,
        metric: SegAccuracyParameter.AccuracyMetric | str | None = ...,
        ignore_label: _Iterable[int] | None = ...,
        reset: bool = ...,
    ) -> None: ...

class SegDataParameter(_message.Message):
    __slots__ = ("source", "root_dir", "shuffle", "balance")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ROOT_DIR_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    source: str
    root_dir: str
    shuffle: bool
    balance: bool
    def __init__(
        self,
        source: str | None = ...,
        root_dir: str | None = ...,
        shuffle: bool = ...,
        balance: bool = ...,
    ) -> None: ...

class SegmentationEvaluateParameter(_message.Message):
    __slots__ = ("num_classes", "threshold")
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    num_classes: int
    threshold: float
    def __init__(self, num_classes: int | None = ..., threshold: float | None = ...) -> None: ...

class SelectSegBinaryParameter(_message.Message):
    __slots__ = ("cls_label_base",)
    CLS_LABEL_BASE_FIELD_NUMBER: _ClassVar[int]
    cls_label_base: int
    def __init__(self, cls_label_base: int | None = ...) -> None: ...

class ShuffleChannelParameter(_message.Message):
    __slots__ = ("group",)
    GROUP_FIELD_NUMBER: _ClassVar[int]
    group: int
    def __init__(self, group: int | None = ...) -> None: ...

class SmoothL1LossParameter(_message.Message):
    __slots__ = ("sigma",)
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    sigma: float
    def __init__(self, sigma: float | None = ...) -> None: ...

class SoftmaxLossParameter(_message.Message):
    __slots__ = ("weight_source", "ignore_label")
    WEIGHT_SOURCE_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    weight_source: str
    ignore_label: _containers.RepeatedScalarFieldContainer[int]
    def __init__(
        self, weight_source: str | None = ..., ignore_label: _Iterable[int] | None = ...
    ) -> None: ...

class SpatialDropoutParameter(_message.Message):
    __slots__ = ("dropout_ratio",)
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    dropout_ratio: float
    def __init__(self, dropout_ratio: float | None = ...) -> None: ...

class SplitParameter(_message.Message):
    __slots__ = ("engine",)
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[SplitParameter.Engine]
        CAFFE: _ClassVar[SplitParameter.Engine]
        MKL2017: _ClassVar[SplitParameter.Engine]
        MKLDNN: _ClassVar[SplitParameter.Engine]

    DEFAULT: SplitParameter.Engine
    CAFFE: SplitParameter.Engine
    MKL2017: SplitParameter.Engine
    MKLDNN: SplitParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: SplitParameter.Engine
    def __init__(self, engine: SplitParameter.Engine | str | None = ...) -> None: ...

class StatisticalLossParameter(_message.Message):
    __slots__ = ("loss", "weight_pow")
    class Loss(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        HAMMING: _ClassVar[StatisticalLossParameter.Loss]
        INTERSECTION_OVER_UNION: _ClassVar[StatisticalLossParameter.Loss]

    HAMMING: StatisticalLossParameter.Loss
    INTERSECTION_OVER_UNION: StatisticalLossParameter.Loss
    LOSS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_POW_FIELD_NUMBER: _ClassVar[int]
    loss: StatisticalLossParameter.Loss
    weight_pow: float
    def __init__(
        self, loss: StatisticalLossParameter.Loss | str | None = ..., weight_pow: float | None = ...
    ) -> None: ...

class TRTParameter(_message.Message):
    __slots__ = ("trt_mode", "top_k", "deploy", "model", "deploy_outputs", "calibrator")
    class TRTMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FP32: _ClassVar[TRTParameter.TRTMode]
        FP16: _ClassVar[TRTParameter.TRTMode]
        INT8: _ClassVar[TRTParameter.TRTMode]

    FP32: TRTParameter.TRTMode
    FP16: TRTParameter.TRTMode
    INT8: TRTParameter.TRTMode
    TRT_MODE_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    DEPLOY_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DEPLOY_OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATOR_FIELD_NUMBER: _ClassVar[int]
    trt_mode: TRTParameter.TRTMode
    top_k: int
    deploy: str
    model: str
    deploy_outputs: _containers.RepeatedScalarFieldContainer[str]
    calibrator: str
    def __init__(
        self,
        trt_mode: TRTParameter.TRTMode | str | None = ...,
        top_k: int | None = ...,
        deploy: str | None = ...,
        model: str | None = ...,
        deploy_outputs: _Iterable[str] | None = ...,
        calibrator: str | None = ...,
    ) -> None: ...

class TransposeParameter(_message.Message):
    __slots__ = ("dim", "n", "c", "h", "w")
    DIM_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    C_FIELD_NUMBER: _ClassVar[int]
    H_FIELD_NUMBER: _ClassVar[int]
    W_FIELD_NUMBER: _ClassVar[int]
    dim: _containers.RepeatedScalarFieldContainer[int]
    n: int
    c: int
    h: int
    w: int
    def __init__(
        self,
        dim: _Iterable[int] | None = ...,
        n: int | None = ...,
        c: int | None = ...,
        h: int | None = ...,
        w: int | None = ...,
    ) -> None: ...

class UniqueLabelParameter(_message.Message):
    __slots__ = ("max_labels", "ignore_label", "force_label")
    MAX_LABELS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    FORCE_LABEL_FIELD_NUMBER: _ClassVar[int]
    max_labels: int
    ignore_label: _containers.RepeatedScalarFieldContainer[int]
    force_label: _containers.RepeatedScalarFieldContainer[float]
    def __init__(
        self,
        max_labels: int | None = ...,
        ignore_label: _Iterable[int] | None = ...,
        force_label: _Iterable[float] | None = ...,
    ) -> None: ...

class UnitNormalizeParameter(_message.Message):
    __slots__ = ("normalize_type", "fix_gradient", "bp_norm")
    NORMALIZE_TYPE_FIELD_NUMBER: _ClassVar[int]
    FIX_GRADIENT_FIELD_NUMBER: _ClassVar[int]
    BP_NORM_FIELD_NUMBER: _ClassVar[int]
    normalize_type: str
    fix_gradient: bool
    bp_norm: bool
    def __init__(
        self, normalize_type: str | None = ..., fix_gradient: bool = ..., bp_norm: bool = ...
    ) -> None: ...

class UnpoolingParameter(_message.Message):
    __slots__ = (
        "unpool",
        "pad",
        "pad_h",
        "pad_w",
        "kernel_size",
        "kernel_h",
        "kernel_w",
        "stride",
        "stride_h",
        "stride_w",
        "unpool_size",
        "unpool_h",
        "unpool_w",
        "engine",
    )
    class UnpoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MAX: _ClassVar[UnpoolingParameter.UnpoolMethod]
        AVE: _ClassVar[UnpoolingParameter.UnpoolMethod]
        TILE: _ClassVar[UnpoolingParameter.UnpoolMethod]

    MAX: UnpoolingParameter.UnpoolMethod
    AVE: UnpoolingParameter.UnpoolMethod
    TILE: UnpoolingParameter.UnpoolMethod
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFAULT: _ClassVar[UnpoolingParameter.Engine]
        CAFFE: _ClassVar[UnpoolingParameter.Engine]

    DEFAULT: UnpoolingParameter.Engine
    CAFFE: UnpoolingParameter.Engine
    UNPOOL_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    PAD_H_FIELD_NUMBER: _ClassVar[int]
    PAD_W_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_H_FIELD_NUMBER: _ClassVar[int]
    KERNEL_W_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    UNPOOL_SIZE_FIELD_NUMBER: _ClassVar[int]
    UNPOOL_H_FIELD_NUMBER: _ClassVar[int]
    UNPOOL_W_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    unpool: UnpoolingParameter.UnpoolMethod
    pad: int
    pad_h: int
    pad_w: int
    kernel_size: int
    kernel_h: int
    kernel_w: int
    stride: int
    stride_h: int
    stride_w: int
    unpool_size: int
    unpool_h: int
    unpool_w: int
    engine: UnpoolingParameter.Engine
    def __init__(
        self,
        unpool: UnpoolingParameter.UnpoolMethod | str | None = ...,
        pad: int | None = ...,
        pad_h: int | None = ...,
        pad_w: int | None = ...,
        kernel_size: int | None = ...,
        kernel_h: int | None = ...,
        kernel_w: int | None = ...,
        stride: int | None = ...,
        stride_h: int | None = ...,
        stride_w: int | None = ...,
        unpool_size: int | None = ...,
        unpool_h: int | None = ...,
        unpool_w: int | None = ...,
        engine: UnpoolingParameter.Engine | str | None = ...,
    ) -> None: ...

class UpsampleParameter(_message.Message):
    __slots__ = (
        "scale",
        "scale_h",
        "scale_w",
        "pad_out_h",
        "pad_out_w",
        "upsample_h",
        "upsample_w",
    )
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SCALE_H_FIELD_NUMBER: _ClassVar[int]
    SCALE_W_FIELD_NUMBER: _ClassVar[int]
    PAD_OUT_H_FIELD_NUMBER: _ClassVar[int]
    PAD_OUT_W_FIELD_NUMBER: _ClassVar[int]
    UPSAMPLE_H_FIELD_NUMBER: _ClassVar[int]
    UPSAMPLE_W_FIELD_NUMBER: _ClassVar[int]
    scale: int
    scale_h: int
    scale_w: int
    pad_out_h: bool
    pad_out_w: bool
    upsample_h: int
    upsample_w: int
    def __init__(
        self,
        scale: int | None = ...,
        scale_h: int | None = ...,
        scale_w: int | None = ...,
        pad_out_h: bool = ...,
        pad_out_w: bool = ...,
        upsample_h: int | None = ...,
        upsample_w: int | None = ...,
    ) -> None: ...

class VideoDataParameter(_message.Message):
    __slots__ = (
        "video_type",
        "device_id",
        "video_file",
        "skip_frames",
        "source",
        "batch_size",
        "rand_skip",
        "shuffle",
        "new_length",
        "new_height",
        "new_width",
        "is_color",
        "root_folder",
        "scale",
        "mean_file",
        "crop_size",
        "mirror",
        "show_data",
        "use_image",
        "use_temporal_jitter",
        "sampling_rate",
        "max_sampling_rate",
        "use_sampling_rate_jitter",
        "use_multiple_label",
        "num_of_labels",
        "num_segments",
        "modality",
        "name_pattern",
        "encoded",
        "grayscale",
        "length_first",
        "rand_step",
        "step",
    )
    class VideoType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        WEBCAM: _ClassVar[VideoDataParameter.VideoType]
        VIDEO: _ClassVar[VideoDataParameter.VideoType]

    WEBCAM: VideoDataParameter.VideoType
    VIDEO: VideoDataParameter.VideoType
    class Modality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RGB: _ClassVar[VideoDataParameter.Modality]
        FLOW: _ClassVar[VideoDataParameter.Modality]

    RGB: VideoDataParameter.Modality
    FLOW: VideoDataParameter.Modality
    VIDEO_TYPE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FILE_FIELD_NUMBER: _ClassVar[int]
    SKIP_FRAMES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    NEW_LENGTH_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    IS_COLOR_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    SHOW_DATA_FIELD_NUMBER: _ClassVar[int]
    USE_IMAGE_FIELD_NUMBER: _ClassVar[int]
    USE_TEMPORAL_JITTER_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_SAMPLING_RATE_FIELD_NUMBER: _ClassVar[int]
    USE_SAMPLING_RATE_JITTER_FIELD_NUMBER: _ClassVar[int]
    USE_MULTIPLE_LABEL_FIELD_NUMBER: _ClassVar[int]
    NUM_OF_LABELS_FIELD_NUMBER: _ClassVar[int]
    NUM_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    NAME_PATTERN_FIELD_NUMBER: _ClassVar[int]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    GRAYSCALE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIRST_FIELD_NUMBER: _ClassVar[int]
    RAND_STEP_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    video_type: VideoDataParameter.VideoType
    device_id: int
    video_file: str
    skip_frames: int
    source: str
    batch_size: int
    rand_skip: int
    shuffle: bool
    new_length: int
    new_height: int
    new_width: int
    is_color: bool
    root_folder: str
    scale: float
    mean_file: str
    crop_size: int
    mirror: bool
    show_data: bool
    use_image: bool
    use_temporal_jitter: bool
    sampling_rate: int
    max_sampling_rate: int
    use_sampling_rate_jitter: bool
    use_multiple_label: bool
    num_of_labels: int
    num_segments: int
    modality: VideoDataParameter.Modality
    name_pattern: str
    encoded: bool
    grayscale: bool
    length_first: bool
    rand_step: bool
    step: int
    def __init__(
        self,
        video_type: VideoDataParameter.VideoType | str | None = ...,
        device_id: int | None = ...,
        video_file: str | None = ...,
        skip_frames: int | None = ...,
        source: str | None = ...,
        batch_size: int | None = ...,
        rand_skip: int | None = ...,
        shuffle: bool = ...,
        new_length: int | None = ...,
        new_height: int | None = ...,
        new_width: int | None = ...,
        is_color: bool = ...,
        root_folder: str | None = ...,
        scale: float | None = ...,
        mean_file: str | None = ...,
        crop_size: int | None = ...,
        mirror: bool = ...,
        show_data: bool = ...,
        use_image: bool = ...,
        use_temporal_jitter: bool = ...,
        sampling_rate: int | None = ...,
        max_sampling_rate: int | None = ...,
        use_sampling_rate_jitter: bool = ...,
        use_multiple_label: bool = ...,
        num_of_labels: int | None = ...,
        num_segments: int | None = ...,
        modality: VideoDataParameter.Modality | str | None = ...,
        name_pattern: str | None = ...,
        encoded: bool = ...,
        grayscale: bool = ...,
        length_first: bool = ...,
        rand_step: bool = ...,
        step: int | None = ...,
    ) -> None: ...

class WindowClsDataParameter(_message.Message):
    __slots__ = ("label_dim",)
    LABEL_DIM_FIELD_NUMBER: _ClassVar[int]
    label_dim: int
    def __init__(self, label_dim: int | None = ...) -> None: ...

class YoloDetectionOutputParameter(_message.Message):
    __slots__ = (
        "side",
        "num_classes",
        "num_box",
        "coords",
        "confidence_threshold",
        "nms_threshold",
        "biases",
        "label_map_file",
    )
    SIDE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    NUM_BOX_FIELD_NUMBER: _ClassVar[int]
    COORDS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    NMS_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    LABEL_MAP_FILE_FIELD_NUMBER: _ClassVar[int]
    side: int
    num_classes: int
    num_box: int
    coords: int
    confidence_threshold: float
    nms_threshold: float
    biases: _containers.RepeatedScalarFieldContainer[float]
    label_map_file: str
    def __init__(
        self,
        side: int | None = ...,
        num_classes: int | None = ...,
        num_box: int | None = ...,
        coords: int | None = ...,
        confidence_threshold: float | None = ...,
        nms_threshold: float | None = ...,
        biases: _Iterable[float] | None = ...,
        label_map_file: str | None = ...,
    ) -> None: ...

class YoloSegParameter(_message.Message):
    __slots__ = (
        "num_class",
        "object_scale",
        "class_scale",
        "use_logic_gradient",
        "use_hardsigmoid",
    )
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    USE_LOGIC_GRADIENT_FIELD_NUMBER: _ClassVar[int]
    USE_HARDSIGMOID_FIELD_NUMBER: _ClassVar[int]
    num_class: int
    object_scale: float
    class_scale: float
    use_logic_gradient: bool
    use_hardsigmoid: bool
    def __init__(
        self,
        num_class: int | None = ...,
        object_scale: float | None = ...,
        class_scale: float | None = ...,
        use_logic_gradient: bool = ...,
        use_hardsigmoid: bool = ...,
    ) -> None: ...

class Yolov3DetectionOutputParameter(_message.Message):
    __slots__ = (
        "num_classes",
        "num_box",
        "confidence_threshold",
        "nms_threshold",
        "biases",
        "anchors_scale",
        "mask_group_num",
        "mask",
        "gaussian_box",
    )
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    NUM_BOX_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    NMS_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    ANCHORS_SCALE_FIELD_NUMBER: _ClassVar[int]
    MASK_GROUP_NUM_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    GAUSSIAN_BOX_FIELD_NUMBER: _ClassVar[int]
    num_classes: int
    num_box: int
    confidence_threshold: float
    nms_threshold: float
    biases: _containers.RepeatedScalarFieldContainer[float]
    anchors_scale: _containers.RepeatedScalarFieldContainer[int]
    mask_group_num: int
    mask: _containers.RepeatedScalarFieldContainer[int]
    gaussian_box: bool
    def __init__(
        self,
        num_classes: int | None = ...,
        num_box: int | None = ...,
        confidence_threshold: float | None = ...,
        nms_threshold: float | None = ...,
        biases: _Iterable[float] | None = ...,
        anchors_scale: _Iterable[int] | None = ...,
        mask_group_num: int | None = ...,
        mask: _Iterable[int] | None = ...,
        gaussian_box: bool = ...,
    ) -> None: ...

class Yolov3Parameter(_message.Message):
    __slots__ = (
        "side",
        "num_class",
        "num",
        "object_scale",
        "class_scale",
        "noobject_scale",
        "coord_scale",
        "thresh",
        "anchors_scale",
        "biases",
        "mask",
        "use_logic_gradient",
        "use_focal_loss",
        "iou_loss",
        "iou_normalizer",
        "iou_thresh",
        "max_delta",
        "accumulate",
        "label_smooth_eps",
    )
    class IOU_LOSS(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        IOU: _ClassVar[Yolov3Parameter.IOU_LOSS]
        GIOU: _ClassVar[Yolov3Parameter.IOU_LOSS]
        MSE: _ClassVar[Yolov3Parameter.IOU_LOSS]
        DIOU: _ClassVar[Yolov3Parameter.IOU_LOSS]
        CIOU: _ClassVar[Yolov3Parameter.IOU_LOSS]

    IOU: Yolov3Parameter.IOU_LOSS
    GIOU: Yolov3Parameter.IOU_LOSS
    MSE: Yolov3Parameter.IOU_LOSS
    DIOU: Yolov3Parameter.IOU_LOSS
    CIOU: Yolov3Parameter.IOU_LOSS
    SIDE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    NOOBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    COORD_SCALE_FIELD_NUMBER: _ClassVar[int]
    THRESH_FIELD_NUMBER: _ClassVar[int]
    ANCHORS_SCALE_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    USE_LOGIC_GRADIENT_FIELD_NUMBER: _ClassVar[int]
    USE_FOCAL_LOSS_FIELD_NUMBER: _ClassVar[int]
    IOU_LOSS_FIELD_NUMBER: _ClassVar[int]
    IOU_NORMALIZER_FIELD_NUMBER: _ClassVar[int]
    IOU_THRESH_FIELD_NUMBER: _ClassVar[int]
    MAX_DELTA_FIELD_NUMBER: _ClassVar[int]
    ACCUMULATE_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTH_EPS_FIELD_NUMBER: _ClassVar[int]
    side: int
    num_class: int
    num: int
    object_scale: float
    class_scale: float
    noobject_scale: float
    coord_scale: float
    thresh: float
    anchors_scale: int
    biases: _containers.RepeatedScalarFieldContainer[float]
    mask: _containers.RepeatedScalarFieldContainer[int]
    use_logic_gradient: bool
    use_focal_loss: bool
    iou_loss: Yolov3Parameter.IOU_LOSS
    iou_normalizer: float
    iou_thresh: float
    max_delta: float
    accumulate: bool
    label_smooth_eps: float
    def __init__(
        self,
        side: int | None = ...,
        num_class: int | None = ...,
        num: int | None = ...,
        object_scale: float | None = ...,
        class_scale: float | None = ...,
        noobject_scale: float | None = ...,
        coord_scale: float | None = ...,
        thresh: float | None = ...,
        anchors_scale: int | None = ...,
        biases: _Iterable[float] | None = ...,
        mask: _Iterable[int] | None = ...,
        use_logic_gradient: bool = ...,
        use_focal_loss: bool = ...,
        iou_loss: Yolov3Parameter.IOU_LOSS | str | None = ...,
        iou_normalizer: float | None = ...,
        iou_thresh: float | None = ...,
        max_delta: float | None = ...,
        accumulate: bool = ...,
        label_smooth_eps: float | None = ...,
    ) -> None: ...
