"""What the configuration of each add-on of the catalogue may say, as JSON schemas.

The members are those of the add-ons' real schemas that are used most, with their real names and
types; a member that is not here is refused as an add-on refuses what its schema does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_STRING: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer"}
_BOOLEAN: Schema = {"type": "boolean"}
_OBJECT: Schema = {"type": ["object", "null"]}
_LIST: Schema = {"type": ["array", "null"], "items": {"type": "object"}}
_STRINGS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
#: Booleans in words, as environment variables and some charts have them.
_BOOLEAN_TEXT: Schema = {"type": "string", "format": "boolean"}


def _members(**properties: Schema) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _addon(**properties: Schema) -> Schema:
    return {"$schema": "http://json-schema.org/draft-06/schema#", **_members(**properties)}


_QUANTITIES = _members(cpu=_STRING, memory=_STRING)
_RESOURCES = _members(limits=_QUANTITIES, requests=_QUANTITIES)
_DAEMONSET = _members(create=_BOOLEAN)

_VPC_CNI_VARIABLES = (
    "ADDITIONAL_ENI_TAGS",
    "ANNOTATE_POD_IP",
    "AWS_EC2_ENDPOINT",
    "AWS_EXTERNAL_SERVICE_CIDRS",
    "AWS_MANAGE_ENIS_NON_SCHEDULABLE",
    "AWS_VPC_CNI_NODE_PORT_SUPPORT",
    "AWS_VPC_ENI_MTU",
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
    "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS",
    "AWS_VPC_K8S_CNI_EXTERNALSNAT",
    "AWS_VPC_K8S_CNI_LOGLEVEL",
    "AWS_VPC_K8S_CNI_LOG_FILE",
    "AWS_VPC_K8S_CNI_RANDOMIZESNAT",
    "AWS_VPC_K8S_CNI_VETHPREFIX",
    "AWS_VPC_K8S_PLUGIN_LOG_FILE",
    "AWS_VPC_K8S_PLUGIN_LOG_LEVEL",
    "CLUSTER_ENDPOINT",
    "DISABLE_INTROSPECTION",
    "DISABLE_METRICS",
    "DISABLE_NETWORK_RESOURCE_PROVISIONING",
    "DISABLE_POD_V6",
    "DISABLE_TCP_EARLY_DEMUX",
    "ENABLE_BANDWIDTH_PLUGIN",
    "ENABLE_POD_ENI",
    "ENABLE_PREFIX_DELEGATION",
    "ENABLE_SUBNET_DISCOVERY",
    "ENABLE_V4_EGRESS",
    "ENABLE_V6_EGRESS",
    "ENI_CONFIG_ANNOTATION_DEF",
    "ENI_CONFIG_LABEL_DEF",
    "INTROSPECTION_BIND_ADDRESS",
    "IP_COOLDOWN_PERIOD",
    "MAX_ENI",
    "MINIMUM_IP_TARGET",
    "NETWORK_POLICY_ENFORCING_MODE",
    "POD_SECURITY_GROUP_ENFORCING_MODE",
    "WARM_ENI_TARGET",
    "WARM_IP_TARGET",
    "WARM_PREFIX_TARGET",
)

VPC_CNI = _addon(
    affinity=_OBJECT,
    enableNetworkPolicy=_BOOLEAN_TEXT,
    enableWindowsIpam=_BOOLEAN_TEXT,
    enableWindowsPrefixDelegation=_BOOLEAN_TEXT,
    eniConfig=_members(create=_BOOLEAN, region=_STRING, subnets={"type": "object"}),
    env=_members(**dict.fromkeys(_VPC_CNI_VARIABLES, _STRING)),
    extraVolumeMounts=_LIST,
    extraVolumes=_LIST,
    init=_members(env=_STRINGS, resources=_RESOURCES),
    livenessProbeTimeoutSeconds=_INTEGER,
    nodeAgent=_members(
        conntrackCacheCleanupPeriod=_STRING,
        enableCloudWatchLogs=_BOOLEAN_TEXT,
        enableIpv6=_BOOLEAN_TEXT,
        enablePolicyEventLogs=_BOOLEAN_TEXT,
        healthProbeBindAddr=_STRING,
        metricsBindAddr=_STRING,
        networkPolicyAgentLogFileLocation=_STRING,
        networkPolicyAgentLogLevel=_STRING,
        resources=_RESOURCES,
    ),
    podAnnotations=_STRINGS,
    podLabels=_STRINGS,
    readinessProbeTimeoutSeconds=_INTEGER,
    resources=_RESOURCES,
    tolerations=_LIST,
)

COREDNS = _addon(
    affinity=_OBJECT,
    autoScaling=_members(enabled=_BOOLEAN, maxReplicas=_INTEGER, minReplicas=_INTEGER),
    computeType=_STRING,
    corefile=_STRING,
    nodeSelector=_STRINGS,
    podAnnotations=_STRINGS,
    podDisruptionBudget=_members(
        enabled=_BOOLEAN,
        maxUnavailable={"type": ["integer", "string"]},
        minAvailable={"type": ["integer", "string"]},
    ),
    podLabels=_STRINGS,
    replicaCount=_INTEGER,
    resources=_RESOURCES,
    tolerations=_LIST,
    topologySpreadConstraints=_LIST,
)

KUBE_PROXY = _addon(
    ipvs=_members(scheduler=_STRING),
    mode={"type": "string", "enum": ["iptables", "ipvs", "nftables"]},
    podAnnotations=_STRINGS,
    podLabels=_STRINGS,
    resources=_RESOURCES,
)

POD_IDENTITY_AGENT = _addon(
    affinity=_OBJECT,
    agent=_members(additionalArgs=_OBJECT),
    daemonsets=_members(cloud=_DAEMONSET, hybrid=_DAEMONSET, **{"hybrid-bottlerocket": _DAEMONSET}),
    fullnameOverride=_STRING,
    imagePullSecrets=_LIST,
    init=_members(additionalArgs=_OBJECT, create=_BOOLEAN),
    nameOverride=_STRING,
    nodeSelector=_STRINGS,
    podAnnotations=_STRINGS,
    podLabels=_STRINGS,
    priorityClassName=_STRING,
    resources=_RESOURCES,
    tolerations=_LIST,
    updateStrategy=_OBJECT,
)

EBS_CSI_DRIVER = _addon(
    additionalDaemonSets=_OBJECT,
    controller=_members(
        additionalArgs=_LIST,
        affinity=_OBJECT,
        batching=_BOOLEAN,
        defaultFsType=_STRING,
        enableMetrics=_BOOLEAN,
        env=_LIST,
        extraCreateMetadata=_BOOLEAN,
        extraVolumeTags=_STRINGS,
        k8sTagClusterId=_STRING,
        logLevel=_INTEGER,
        loggingFormat=_STRING,
        nodeSelector=_STRINGS,
        podAnnotations=_STRINGS,
        podLabels=_STRINGS,
        replicaCount=_INTEGER,
        resources=_RESOURCES,
        sdkDebugLog=_BOOLEAN,
        serviceAccount=_members(annotations=_STRINGS),
        tolerations=_LIST,
        topologySpreadConstraints=_LIST,
    ),
    defaultStorageClass=_members(enabled=_BOOLEAN),
    node=_members(
        affinity=_OBJECT,
        enableWindows=_BOOLEAN,
        env=_LIST,
        kubeletPath=_STRING,
        logLevel=_INTEGER,
        nodeSelector=_STRINGS,
        podAnnotations=_STRINGS,
        podLabels=_STRINGS,
        resources=_RESOURCES,
        reservedVolumeAttachments={"type": ["integer", "null"]},
        tolerateAllTaints=_BOOLEAN,
        tolerations=_LIST,
        volumeAttachLimit={"type": ["integer", "null"]},
    ),
    sidecars=_OBJECT,
)

EFS_CSI_DRIVER = _addon(
    controller=_members(
        affinity=_OBJECT,
        deleteAccessPointRootDir=_BOOLEAN,
        logLevel=_INTEGER,
        nodeSelector=_STRINGS,
        podAnnotations=_STRINGS,
        podLabels=_STRINGS,
        resources=_RESOURCES,
        tags=_STRINGS,
        tolerations=_LIST,
        volMetricsOptIn=_BOOLEAN,
    ),
    node=_members(
        affinity=_OBJECT,
        logLevel=_INTEGER,
        nodeSelector=_STRINGS,
        podAnnotations=_STRINGS,
        podLabels=_STRINGS,
        resources=_RESOURCES,
        tolerations=_LIST,
        volMetricsOptIn=_BOOLEAN,
        volMetricsRefreshPeriod=_INTEGER,
    ),
    sidecars=_OBJECT,
)

CLOUDWATCH_OBSERVABILITY = _addon(
    admissionWebhooks=_OBJECT,
    affinity=_OBJECT,
    agent=_OBJECT,
    agents=_LIST,
    containerLogs=_members(enabled=_BOOLEAN, fluentBit=_OBJECT),
    dcgmExporter=_OBJECT,
    k8sMode=_STRING,
    kubeStateMetrics=_OBJECT,
    manager=_OBJECT,
    neuronMonitor=_OBJECT,
    nodeExporter=_OBJECT,
    nodeSelector=_STRINGS,
    region=_STRING,
    tolerations=_LIST,
)
