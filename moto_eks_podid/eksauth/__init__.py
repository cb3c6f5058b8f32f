"""The service ``eks-auth``: AssumeRoleForPodIdentity."""
