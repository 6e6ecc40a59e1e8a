"""What to say of a layer type that is not here: whose it is, what is near, how to define it.

The catalogue names the forks whose source registers a type; which of these are computed here is
the registry's business, not this file's.
"""

import re
from collections.abc import Iterable

from ..errors import nearest

# fork -> layer types of its own
_FORKS: dict[str, str] = {
    "3D-Caffe (yulequan/3D-Caffe)": "PoolingND",
    "bilateralNN (MPI-IS/bilateralNN)": "GaussPermutohedral Permutohedral PixelFeature",
    "C3D (facebook/C3D)": "BlackHole Convolution3D Deconvolution3D DownSampling L2Normalize "
    "Pooling3D VideoSegmentationData VideoWithVoxelTruthData VolumeData VoxelCustomLoss "
    "VoxelSoftmax VoxelSoftmaxLoss",
    "caffe-lstm (junhyukoh/caffe-lstm)": "Lstm",
    "OSVOS (kmaninis/OSVOS-caffe)": "SigmoidCrossEntropyBalanceLoss",
    "caffe-video_triplet (xiaolonw/caffe-video_triplet)": "Norm RankHardLoss",
    "caffe-windows (happynear/caffe-windows)": "Arccos BatchContrastiveLoss ChannelScale "
    "ConfidencePenaltyLoss CorrelationLoss Cosine FCNAccuracy GeneralContrastiveLoss "
    "GeneralTripletLoss GlobalLSEMargin Gram Hotspot InnerDistance Insanity LabelSpecificAdd "
    "LabelSpecificRescale MovingNormalize MultiLabelImageData NCALoss Noise Pairwise PredictBox "
    "Resize Slope SoftContrastiveLoss SoftTruncation SubRegion Truncation",
    "CaffeOnSpark (yahoo/CaffeOnSpark)": "CoSData",
    "CCNN (pathak22/caffe-ccnn)": "LossStatistic MILLoss Repack RunningAverage",
    "CPM (CMU-Perceptual-Computing-Lab/caffe_train)": "CPMData",
    "CTPN (tianzhi0549/CTPN)": "Reverse Transpose",
    "DeconvNet (HyeonwooNoh/caffe)": "BinaryAccuracy DropoutChannel EltwiseAccuracy RedAccuracy "
    "RedSoftmaxWithLoss SelectSegBinary Unpooling WindowClsData WindowInstSegData "
    "WindowSegBinary WindowSegData",
    "DeepCut (eldar/deepcut-cnn)": "PoseData SoftmaxWithLossVec",
    "DeepDetect (jolibrain/caffe)": "BroadcastMul ContinuationIndicator CrossEntropyLoss CtcLoss "
    "DiceCoefLoss FocalLoss LabelsequenceAccuracy MemorySparseData MultiBoxFocalLoss "
    "MultiLabelAccuracy MultiLabelSigmoidLoss SeLu SeLuDropout SoftmaxWithInfogainLoss "
    "SparseData SparseInnerProduct",
    "DeepLab v1 (TheLegendAli/DeepLab-Context)": "CensorLabel ChannelAggregator DominantChannel "
    "GainChannel Histogram IgnoreOverlay OneHot RelativeError",
    "DeepLab v2 (cdmh/deeplab-public-ver2)": "AdaptiveBiasChannel BiasChannel DenseCRF "
    "DomainTransform DomainTransformForwardOnly ImageSegData Interp MatRead MatWrite SegAccuracy "
    "SpatialProduct UniqueLabel",
    "DeepSkeleton (zeakey/DeepSkeleton)": "ImageMultLabelData Quantize Rescale "
    "SigmoidEuclideanLoss",
    "ducha-aiki/caffe": "Covariance EltwiseAffine EuclideanLossWithIndex ImageLocData RReLU "
    "Transformer TripletLoss Local APL",
    "FlowNet2 (lmb-freiburg/flownet2)": "Accum BlackAugmentation ChannelNorm Correlation "
    "Correlation1D CustomData DataAugmentation DisparityData Downsample FLOWriter FloatReader "
    "FloatWriter FlowAugmentation FlowWarp GenerateAugmentationParameters ImgReader ImgWriter "
    "L1Loss LpqLoss Mean NegReLU PFMWriter Resample",
    "Intel Caffe (intel/caffe)": "BoxData EvalDetection MKLBatchNorm MnActivation SpatialDropout",
    "MNC (daijifeng001/caffe-mnc)": "MaskPooling MaskResize ROIWarping",
    "MobileNet-YOLO (eric612/MobileNet-YOLO)": "AssistedExcitation GaussianYolov3 LaneData Mish "
    "RegionLoss Reorg SegmentationEvaluate YoloDetectionOutput YoloSeg Yolov3 "
    "Yolov3DetectionOutput",
    "MS-CNN (zhaoweicai/mscnn)": "BboxAccuracy BoxOutput DecodeBBox DetectionAccuracy "
    "DetectionLoss ImageGtData ProposalTarget ROIAlign",
    "NVCaffe (NVIDIA/caffe)": "DetectNetTransformation TRT",
    "PVANet (sanghoon/caffe)": "Proposal",
    "R-FCN (daijifeng001/caffe-rfcn)": "BoxAnnotatorOHEM PSROIPooling SmoothL1LossOHEM "
    "SoftmaxWithLossOHEM",
    "RCF (yun-liu/rcf)": "AutoCrop",
    "RRPN (mjq11302010044/RRPN)": "RotateROIAlign RotateROIPooling",
    "SSD (weiliu89/caffe, branch ssd)": "AnnotatedData DetectionEvaluate DetectionOutput "
    "MultiBoxLoss Normalize Permute PriorBox",
    "SSTD (BestSonny/SSTD)": "AnnotatedDataMask DetectionOrientedOutput MultiBoxOrientedLoss",
    "video-caffe (chuckcho/video-caffe)": "NdConvolution NdPooling VideoData",
    "What's the Point (abearman/whats-the-point1)": "SoftmaxWithLossExpectation "
    "SoftmaxWithLossObjectness SoftmaxWithLossObjectnessPresence",
    "yjxiong/caffe": "BatchReduction Gather Scatter SegData SyncBN",
}

_EXAMPLE = """
A Python layer can define it. Put this, with its own computation, into {module}.py beside the net:
    import caffe
    class {name}(caffe.Layer):
        def setup(self, bottom, top):
            pass
        def reshape(self, bottom, top):
            top[0].reshape(*bottom[0].data.shape)
        def forward(self, bottom, top):
            top[0].data[...] = bottom[0].data
        def backward(self, top, propagate_down, bottom):
            bottom[0].diff[...] = top[0].diff
and write type: "Python" python_param {{ module: "{module}" layer: "{name}" }} in the layer."""


def known_fork(name: str) -> str:
    """Return the fork, with its repository, that has layer type `name`; "" where none is known."""
    return next((fork for fork, types in _FORKS.items() if name in types.split()), "")


def describe(name: str, known: Iterable[str]) -> str:
    """Return the error message for a layer type that is not among the `known` ones.

    The first line has the type, its fork and the nearest known type; then come all known types,
    and a Python layer to start from.
    """
    known = sorted(known)
    fork = known_fork(name)
    origin = f" of {fork}, which is not computed here" if fork else ""
    text = f"unknown layer type '{name[:60]}'{origin}{nearest(name, known)}"
    text += f"\nKnown types: {', '.join(known)}"
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        text += _EXAMPLE.format(name=name, module=module)
    return text
