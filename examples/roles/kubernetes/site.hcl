# The node of a cluster: kernel, container runtime and kubelet; on the first one, the control plane.
#
# The key of the repository has to be on the host first: it is published beside the packages (…/deb/Release.key).
# Compare its fingerprint with the one that the project publishes, and put it at /etc/converge/kubernetes.asc; or set
# repository.key to the URL and key_sha256 to the SHA-256 of the file that you have compared.

variable "repository" {
  type = object({ url = string, suites = list(string), components = list(string), key = string, key_sha256 = optional(string) })
  default = {
    url        = "https://pkgs.k8s.io/core:/stable:/v1.31/deb/"
    suites     = ["./"]
    components = []
    key        = "/etc/converge/kubernetes.asc"
  }
}

variable "version" {
  type        = string
  default     = ">= 1.31, < 1.32"
  description = "version of the packages; they are held, because nodes are upgraded one by one"
}

variable "control_plane" {
  type    = bool
  default = true
}

variable "kubelet_arguments" {
  type    = list(string)
  default = ["--node-ip=127.0.0.1"]
}

variable "pod_network" {
  type    = string
  default = "10.244.0.0/16"
}

variable "modules" {
  type        = set(string)
  default     = []
  description = "modules of the kernel that the network of the pods needs besides"
}

# What cannot be done in a container, such as a module that its host has to load, is for the next boot only.
variable "live" {
  type    = bool
  default = true
}

kernel_module "needed" {
  for_each = setunion(["overlay", "br_netfilter"], var.modules)
  name     = each.key
  live     = var.live
}

sysctl "net.ipv4.ip_forward" { value = 1 }

sysctl "bridged" {
  for_each    = toset(["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"])
  key         = each.key
  value       = 1
  live        = var.live
}


swap "*" { ensure = "absent" }

repository "kubernetes" {
  url        = var.repository.url
  suites     = var.repository.suites
  components = var.repository.components
  key_source = var.repository.key
  key_sha256 = var.repository.key_sha256
}

package "containerd.io" {}

package "tool" {
  for_each = toset(["kubelet", "kubeadm", "kubectl"])
  name     = each.key
  version  = var.version
  hold     = true
}

# The package turns off what kubelet needs, and its groups are not those of systemd.
setting "disabled_plugins" {
  path       = "/etc/containerd/config.toml"
  value      = []
  depends_on = [package["containerd.io"]]
  notifies   = [service.containerd.restart]
}

setting "SystemdCgroup" {
  path       = "/etc/containerd/config.toml"
  section    = "plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options"
  value      = true
  depends_on = [package["containerd.io"]]
  notifies   = [service.containerd.restart]
}

service "containerd" {
  enabled = true
  running = true
}

setting "KUBELET_EXTRA_ARGS" {
  path       = "/etc/default/kubelet"
  value      = join(" ", var.kubelet_arguments)
  create     = true
  notifies   = [service.kubelet.restart]
}

directory "/etc/kubernetes" {}

template "/etc/kubernetes/kubeadm.yaml" {
  when   = var.control_plane
  source = "kubeadm.yaml.tmpl"
  vars   = { pod_network = var.pod_network }
}

# A control plane is made once, by the program for it: certificates, keys and a database
# that no manifest can hold.
exec "control-plane" {
  when       = var.control_plane
  command    = ["kubeadm", "init", "--config", template["/etc/kubernetes/kubeadm.yaml"].path]
  creates    = "/etc/kubernetes/admin.conf"
  timeout    = "10m"
  depends_on = [package.tool, service.containerd, swap["*"], sysctl.bridged, sysctl["net.ipv4.ip_forward"]]
}

# kubelet has nothing to do before there is a control plane, or before the node has joined one.
service "kubelet" {
  enabled    = true
  running    = true
  depends_on = [package.tool, service.containerd, exec.control-plane]
}

directory "/root/.kube" { mode = "0700" }

link "/root/.kube/config" {
  when       = var.control_plane
  target     = "/etc/kubernetes/admin.conf"
  depends_on = [exec.control-plane]
}

check "kubelet" {
  unit   = "kubelet.service"
  stable = "2s"
  run_on = [service.kubelet]
}
