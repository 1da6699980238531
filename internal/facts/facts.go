// Package facts gathers facts about this machine: its operating system,
// hardware, names and addresses. A manifest sees them as node, together with the
// attributes that the operator put into files.
//
// Start with [Read], which reads files only (no process is started, no name
// is resolved over the network) and takes well under a millisecond, and with
// [Lazy], which merges the operator's attributes in. Every fact is a field of
// [Facts] or [OnUse] with its name and meaning as tags, so that [Table], the values
// and the documentation cannot differ. Facts of OnUse are read one by one, each only
// if a manifest names it.
//
// It observes no resources: providers observe the packages and units of a
// machine.
package facts

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
)

// Facts are the facts about a machine. An unknown string is empty.
type Facts struct {
	OS              OS                   `cty:"os" doc:"the operating system, from os-release"`
	Arch            string               `cty:"arch" doc:"processor architecture as Go names it: amd64, arm64, 386, arm, riscv64 …"`
	DebArch         string               `cty:"deb_arch" doc:"processor architecture as Debian names it: amd64, arm64, i386, armhf …"`
	Machine         string               `cty:"machine" doc:"processor architecture as the kernel names it: x86_64, aarch64 …"`
	Kernel          Kernel               `cty:"kernel" doc:"the running kernel"`
	Hostname        string               `cty:"hostname" doc:"host name, up to its first dot"`
	FQDN            string               `cty:"fqdn" doc:"fully qualified name from /etc/hosts or the host name itself, otherwise the host name"`
	MachineID       string               `cty:"machine_id" doc:"content of /etc/machine-id"`
	CPU             CPU                  `cty:"cpu" doc:"processors"`
	Memory          Memory               `cty:"memory" doc:"memory"`
	Interfaces      map[string]Interface `cty:"interfaces" doc:"network interfaces by name"`
	IPv4            string               `cty:"ipv4" doc:"first global IPv4 address of the interface with the default route"`
	IPv6            string               `cty:"ipv6" doc:"first global IPv6 address of the interface with the default route"`
	Init            string               `cty:"init" doc:"init system that runs the machine, or that a tree would boot with: systemd, openrc, sysv; empty if none of these, as in most containers"`
	Virtualization  Virtualization       `cty:"virtualization" doc:"the virtualization of the machine"`
	PackageManagers []string             `cty:"package_managers" doc:"package managers found: apt, dnf, pacman, zypper, apk"`
	RootFS          RootFS               `cty:"root_fs" doc:"file system of the root folder"`
	Cloud           *Cloud               `cty:"cloud" doc:"instance data of cloud-init; null without any"`
}

// OS is the operating system.
type OS struct {
	ID       string `cty:"id" doc:"ID: debian, ubuntu, fedora, rocky, opensuse-leap, arch, alpine …"`
	Version  string `cty:"version" doc:"VERSION_ID: 12, 24.04; empty on a rolling distribution"`
	Codename string `cty:"codename" doc:"VERSION_CODENAME: bookworm, noble"`
	Name     string `cty:"name" doc:"PRETTY_NAME"`
	Family   string `cty:"family" doc:"debian, redhat, suse, arch, alpine, gentoo; otherwise the ID"`
}

// Kernel is the running kernel.
type Kernel struct {
	Name    string `cty:"name" doc:"Linux"`
	Release string `cty:"release" doc:"output of uname -r: 6.1.0-18-amd64"`
	Version string `cty:"version" doc:"the numbers at the start of the release: 6.1.0"`
}

// CPU describes the processors.
type CPU struct {
	Count int    `cty:"count" doc:"processors that are online"`
	Model string `cty:"model" doc:"model name of the first processor"`
}

// Memory is given in bytes.
type Memory struct {
	Total uint64 `cty:"total" doc:"usable memory in bytes"`
	Swap  uint64 `cty:"swap" doc:"swap space in bytes"`
}

// Interface is one network interface.
type Interface struct {
	MAC       string   `cty:"mac" doc:"hardware address"`
	MTU       int      `cty:"mtu" doc:"largest packet in bytes"`
	Up        bool     `cty:"up" doc:"whether the interface is up"`
	Addresses []string `cty:"addresses" doc:"addresses with prefix length: 192.0.2.7/24"`
}

// Virtualization describes the virtual environment of the machine.
type Virtualization struct {
	Type      string `cty:"type" doc:"kvm, qemu, vmware, oracle, microsoft, xen, amazon, google, docker, podman, lxc, systemd-nspawn, wsl …; none on bare metal"`
	Container bool   `cty:"container" doc:"whether the machine is a container"`
}

// RootFS is the file system of the root folder.
type RootFS struct {
	Type string `cty:"type" doc:"ext4, xfs, btrfs, overlay …"`
	Size uint64 `cty:"size" doc:"size in bytes"`
}

// Cloud is cloud-init's data about its instance: the standardized keys under v1 of its instance data, and what some
// clouds add about the machine. Only the public part is used, from which cloud-init has removed sensitive data.
type Cloud struct {
	Name             string `json:"cloud_name" cty:"name" doc:"cloud: aws, azure, gce, nocloud …"`
	ID               string `json:"cloud_id" cty:"id" doc:"cloud and partition: aws, aws-china, nocloud …"`
	Platform         string `json:"platform" cty:"platform" doc:"platform within the cloud: ec2, lxd …"`
	Subplatform      string `json:"subplatform" cty:"subplatform" doc:"where the instance data comes from: metadata (http://169.254.169.254) …"`
	Region           string `json:"region" cty:"region" doc:"region"`
	AvailabilityZone string `json:"availability_zone" cty:"availability_zone" doc:"availability zone"`
	InstanceID       string `json:"instance_id" cty:"instance_id" doc:"instance id"`
	InstanceType     string `json:"-" cty:"instance_type" doc:"type of the instance, where the cloud says it: m7g.large, Standard_B2s …"`
	Hostname         string `json:"local_hostname" cty:"hostname" doc:"host name from the cloud"`
	LocalIPv4        string `json:"-" cty:"local_ipv4" doc:"first private IPv4 address, where the cloud says it"`
	PublicIPv4       string `json:"-" cty:"public_ipv4" doc:"first public IPv4 address, where the cloud says it"`
}

// Options select the machine.
type Options struct {
	// Root is the tree to describe; empty or "/" is this machine. For another tree, os, hostname, fqdn, machine_id, init
	// and package_managers are read from it; the other facts are those of this machine.
	Root string
}

// Read reads all facts. A fact that a machine does not have is empty; one that cannot be parsed is an error that names
// the file.
func Read(ctx context.Context, o Options) (Facts, error) {
	if err := ctx.Err(); err != nil {
		return Facts{}, err
	}
	t, err := fsys.OpenFiles(o.Root)
	if err != nil {
		return Facts{}, err
	}
	defer t.Close()
	var f Facts
	if f.OS, err = readOS(t); err != nil {
		return Facts{}, err
	}
	f.readNames(t)
	f.readHardware()
	f.Init, f.PackageManagers = readInit(t), readPackageManagers(t)
	f.Virtualization = readVirtualization()
	if f.Interfaces, err = readInterfaces(); err != nil {
		return Facts{}, err
	}
	f.IPv4, f.IPv6 = choosePrimary(f.Interfaces, defaultRoute(), defaultRoute6())
	if t.IsLive() {
		if f.Cloud, err = readCloud(t); err != nil {
			return Facts{}, err
		}
	}
	return f, nil
}

// ReadManagers reads the two facts that determine a machine's own package manager: the existing managers, and the family
// of the distribution.
func ReadManagers(t fsys.Files) (managers []string, family string, err error) {
	o, err := readOS(t)
	return readPackageManagers(t), o.Family, err
}

// Value returns the facts as the object that a manifest sees.
func (f Facts) Value() (cty.Value, error) {
	if f.Interfaces == nil {
		f.Interfaces = map[string]Interface{}
	}
	if f.PackageManagers == nil {
		f.PackageManagers = []string{}
	}
	return toValue(f)
}
