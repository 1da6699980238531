# converge test examples/kernel

test "from nothing" {
  node = { os = { id = "debian", family = "debian" } }

  assert {
    condition = plan.sysctl.parameter["net.bridge.bridge-nf-call-iptables"].order > plan.kernel_module.br_netfilter.order
    message   = "the parameters of a module come after it"
  }
  assert {
    condition = plan.sysctl.parameter["vm.swappiness"].changes.saved_value.after == "10" && plan.sysctl.parameter["vm.swappiness"].attributes.value == "10"
  }
  assert {
    condition = plan.kernel_module.bonding.attributes.options["mode"] == "802.3ad"
  }
  assert {
    condition = plan.kernel_module.unwanted["usb-storage"].attributes.disabled
  }
}

test "a host that is no router" {
  node      = { os = { id = "debian", family = "debian" } }
  variables = { parameters = { "vm.swappiness" = 60 } }

  assert {
    condition = [for a, r in plan : a if r.kind == "sysctl"] == ["sysctl.parameter[\"vm.swappiness\"]"]
  }
}
