# converge test examples/roles/kubernetes

test "a control plane" {
  facts     = "testdata/debian.json"
  live      = "testdata/containerd"
  var_files = ["testdata/repository.json"]

  assert {
    condition = plan.exec.control-plane.order > max(plan.service.containerd.order, plan.package.tool["kubeadm"].order, plan.swap["*"].order)
    message   = "the node is ready before kubeadm makes it one"
  }
  assert {
    condition = plan.service.kubelet.order > plan.exec.control-plane.order && plan.link["/root/.kube/config"].order > plan.exec.control-plane.order
  }
  assert {
    condition = plan.package.tool["kubelet"].attributes.hold && plan.package.tool["kubelet"].order > plan.repository.kubernetes.order
  }
  assert {
    condition = contains(plan.service.containerd.notified_by, "setting.SystemdCgroup")
  }
  assert {
    condition = strcontains(plan.template["/etc/kubernetes/kubeadm.yaml"].attributes.content, "10.244.0.0/16")
  }
}

test "a worker" {
  facts     = "testdata/debian.json"
  live      = "testdata/containerd"
  var_files = ["testdata/repository.json"]
  variables = { control_plane = false, modules = ["ip_vs"] }

  assert {
    condition = plan.exec.control-plane.action == "off" && plan.link["/root/.kube/config"].action == "off"
  }
  assert {
    condition = plan.kernel_module.needed["ip_vs"].action != "none"
  }
}
