# moto's server with EKS Pod Identity in it, on moto's own image.
ARG MOTO_VERSION=5.2.5
FROM motoserver/moto:${MOTO_VERSION}

COPY setup.cfg pyproject.toml README.md LICENSE /tmp/moto-eks-podid/
COPY moto_eks_podid /tmp/moto-eks-podid/moto_eks_podid
RUN pip install --no-cache-dir '/tmp/moto-eks-podid[server,cli]' && rm -r /tmp/moto-eks-podid

EXPOSE 5000
ENTRYPOINT ["moto-eks-podid", "server", "-H", "0.0.0.0"]
