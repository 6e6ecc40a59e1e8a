"""The data sets' mean values."""

# Means per channel, each here once: BGR, but HHA as stored (disparity, height, angle) and depth as
# the logarithm of millimetres. The authors rounded ILSVRC's otherwise for PASCAL-Context.
ILSVRC_MEAN = (104.00699, 116.66877, 122.67892)
VGG_MEAN = (103.939, 116.779, 123.68)  # ILSVRC's again: VGG's and PSPNet's authors' figures
PASCAL_CONTEXT_MEAN = (104.007, 116.669, 122.679)
SIFTFLOW_MEAN = (114.578, 115.294, 108.353)
NYUD_MEAN = (116.190, 97.203, 92.318)
NYUD_HHA_MEAN = (132.431, 94.076, 118.477)
NYUD_LOG_DEPTH_MEAN = (7.844,)
SHAPES_MEAN = (119.0, 119.0, 119.0)
# fyu/dilation, predict.py
DILATION_VOC_MEAN = (102.93, 111.36, 116.52)
DILATION_CITYSCAPES_MEAN = (72.39, 82.91, 73.16)
DILATION_CAMVID_MEAN = (110.70313, 108.77809, 105.41213)
DILATION_KITTI_MEAN = (96.19429, 95.55137, 91.34692)
DEEPLAB_MEAN = (104.008, 116.669, 122.675)
