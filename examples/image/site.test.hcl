# converge test examples/image
#
# One manifest, and a test for each family of distributions. testdata/site is the manifest with keys beside it.

test "debian" {
  node     = { os = { id = "debian", family = "debian" }, init = "systemd", package_managers = ["apt"] }
  manifest = "testdata/site"

  assert {
    condition = plan["package.greeter"].attributes.name == "greeter" && plan["repository.own"].attributes.url == "file:///srv/repo/deb"
  }
  assert {
    condition = plan["service.greeter"].order > plan.file["/etc/greeter.conf"].order && plan.file["/etc/greeter.conf"].order > plan["package.greeter"].order
  }
  assert {
    condition = plan.directory["/var/lib/greeter"].order > plan.user.greeter.order
    message   = "the account comes before what it owns"
  }
}

test "redhat" {
  manifest = "testdata/site"
  node     = { os = { id = "rocky", family = "redhat" }, init = "systemd", package_managers = ["dnf"] }

  assert {
    condition = plan["package.greeter"].attributes.name == "greeter-server" && plan["repository.own"].attributes.url == "file:///srv/repo/rpm"
  }
}

test "alpine" {
  manifest = "testdata/site"
  node     = { os = { id = "alpine", family = "alpine" }, init = "openrc", package_managers = ["apk"] }

  assert {
    condition = plan["repository.own"].attributes.url == "file:///srv/repo/apk" && strcontains(plan.file["/etc/greeter.conf"].attributes.content, "alpine")
  }
}

test "a family that the packages are not made for" {
  manifest     = "testdata/site"
  node         = { os = { id = "gentoo", family = "gentoo" } }
  expect_error = "There is no \"gentoo\" in local.place"
}
