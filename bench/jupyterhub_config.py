"""JupyterHub as it comes, for one user: its own proxy, its local-process spawner, JupyterLab. Read by jupyterhub -f."""
import os

c = get_config()  # noqa: F821
port = int(os.environ["BENCH_HUB_PORT"])
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{int(os.environ['BENCH_HUB_INNER_PORT'])}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{int(os.environ['BENCH_HUB_API_PORT'])}"
c.ConfigurableHTTPProxy.command = [os.environ["BENCH_HUB_PROXY"]]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.Spawner.cmd = [os.environ["BENCH_HUB_SINGLEUSER"]]
c.Spawner.args = ["--allow-root", "--ServerApp.allow_root=True"]
c.Spawner.default_url = "/lab"
c.SimpleLocalProcessSpawner.home_dir_template = os.environ["HOME"] + "/{username}"
c.JupyterHub.services = [{"name": "bench", "api_token": os.environ["BENCH_HUB_TOKEN"]}]
c.JupyterHub.load_roles = [{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "access:servers"]}]
