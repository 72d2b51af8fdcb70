"""Kernels that are ended before JupyterLab when the machine's memory is full: started through first-to-go, whatever their
language and whoever installed their kernelspec."""

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

LAUNCHER = "/usr/lib/stipend/first-to-go"


class KernelManager(ServerKernelManager):
    def format_kernel_cmd(self, extra_arguments=None):
        return [LAUNCHER, *super().format_kernel_cmd(extra_arguments)]
