"""Small modules of torchvision's names, shapes and order: its FCN, DeepLabv3 and VGG16."""

import torch
from torch import nn
from torch.nn import functional as F


def conv_bn(cin, cout, kernel=3, **how):
    return nn.Conv2d(cin, cout, kernel, bias=False, **how), nn.BatchNorm2d(cout)


class Bottleneck(nn.Module):
    def __init__(self, cin, planes, stride, dilation, project):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(cin, planes, 1)
        how = dict(stride=stride, padding=dilation, dilation=dilation)
        self.conv2, self.bn2 = conv_bn(planes, planes, 3, **how)
        self.conv3, self.bn3 = conv_bn(planes, 4 * planes, 1)
        if project:
            self.downsample = nn.Sequential(*conv_bn(cin, 4 * planes, 1, stride=stride))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


STAGES = ((1, (1, 1)), (2, (1, 1)), (1, (1, 2)), (1, (2, 4)))  # stride, dilation of each unit


class Trunk(nn.Module):
    """A ResNet of output stride 8, two units a stage, `width` channels first."""

    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(3, width, 7, stride=2, padding=3)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        cin = width
        for i, (stride, dilations) in enumerate(STAGES):
            planes = width * 2**i
            units = [Bottleneck(cin, planes, stride, dilations[0], True)]
            units.append(Bottleneck(4 * planes, planes, 1, dilations[1], False))
            setattr(self, f"layer{i + 1}", nn.Sequential(*units))
            cin = 4 * planes

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Pooled(nn.Sequential):
    def forward(self, x):
        return F.interpolate(super().forward(x), x.shape[2:], mode="bilinear", align_corners=False)


class ASPP(nn.Module):
    def __init__(self, cin, out):
        super().__init__()
        branches = [nn.Sequential(*conv_bn(cin, out, 1), nn.ReLU())]
        for rate in (12, 24, 36):
            how = dict(padding=rate, dilation=rate)
            branches.append(nn.Sequential(*conv_bn(cin, out, 3, **how), nn.ReLU()))
        branches.append(Pooled(nn.AdaptiveAvgPool2d(1), *conv_bn(cin, out, 1), nn.ReLU()))
        self.convs = nn.ModuleList(branches)
        self.project = nn.Sequential(*conv_bn(5 * out, out, 1), nn.ReLU(), nn.Dropout(0.5))

    def forward(self, x):
        return self.project(torch.cat([branch(x) for branch in self.convs], 1))


class Segmentation(nn.Module):
    def __init__(self, deeplab, width=4, classes=5):
        super().__init__()
        self.backbone, cin = Trunk(width), 32 * width
        if deeplab:
            head = [ASPP(cin, 6), *conv_bn(6, 6, padding=1), nn.ReLU()]
        else:
            head = [*conv_bn(cin, 6, padding=1), nn.ReLU(), nn.Dropout(0.1)]
        self.classifier = nn.Sequential(*head, nn.Conv2d(6, classes, 1))
        self.aux_classifier = nn.Sequential(*conv_bn(16 * width, 4, padding=1))  # read by nothing

    def forward(self, x):
        score = self.classifier(self.backbone(x))
        return F.interpolate(score, x.shape[2:], mode="bilinear", align_corners=False)


class VGG(nn.Module):
    def __init__(self):
        super().__init__()
        layers, cin = [], 3
        for width, depth in ((4, 2), (4, 2), (6, 3), (6, 3), (8, 3)):
            for _ in range(depth):
                layers += [nn.Conv2d(cin, width, 3, padding=1), nn.ReLU()]
                cin = width
            layers.append(nn.MaxPool2d(2))
        self.features, self.avgpool = nn.Sequential(*layers), nn.AdaptiveAvgPool2d(7)
        dense = [nn.Linear(8 * 49, 10), nn.ReLU(), nn.Dropout(), nn.Linear(10, 9), nn.ReLU()]
        self.classifier = nn.Sequential(*dense, nn.Dropout(), nn.Linear(9, 7))

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def trained(module):
    """Give the module weights, biases and running figures as of a trained one."""
    torch.manual_seed(1)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.running_mean, 0, 0.2)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.2)
        elif isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight)
    return module.eval()
