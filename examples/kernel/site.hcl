# A router's kernel: modules that are loaded, modules that are kept out, and parameters, each of
# them now and at every boot.

variable "live" {
  type        = bool
  default     = true
  description = "whether the kernel is this host's own; in a container, only what is for the boot is written"
}

variable "parameters" {
  type        = map(string)
  description = "parameters of the kernel, see sysctl(8)"
  default = {
    "net.ipv4.ip_forward"                = 1
    "net.ipv4.conf.all.rp_filter"        = 1
    "net.bridge.bridge-nf-call-iptables" = 1
    "vm.swappiness"                      = 10
  }
}

# net.bridge.* exists once this module is loaded: modules come before parameters.
kernel_module "br_netfilter" { live = var.live }

# With options, which apply from the next load on.
kernel_module "bonding" {
  live    = var.live
  options = { mode = "802.3ad", miimon = 100 }
}

# Nothing loads these, by any name.
kernel_module "unwanted" {
  for_each = toset(["dccp", "sctp", "usb-storage"])
  name     = each.key
  disabled = true
  live     = var.live
}

sysctl "parameter" {
  for_each   = var.parameters
  key        = each.key
  value      = each.value
  live       = var.live
  depends_on = [kernel_module.br_netfilter]
}
