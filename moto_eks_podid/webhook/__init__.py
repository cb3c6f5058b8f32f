"""The mutating webhook: what EKS adds to a pod at its creation so that it finds its credentials.

Follows the open-source amazon-eks-pod-identity-webhook, which EKS runs, and its patches to the
byte. The rules know neither HTTP nor moto; ``server`` and the command line put them to use.
"""
