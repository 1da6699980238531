package mounts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
)

// captured is the table of a virtual machine with stacks, bind mounts, a mount that
// another one hides, subvolumes and a name with a blank.
const captured = `21 26 0:20 / /proc rw,relatime - proc proc rw
23 26 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334416k,nr_inodes=3083604,mode=755
24 23 0:22 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24683620k
26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
29 24 0:26 / /dev/shm rw,nosuid,nodev,relatime - tmpfs tmpfs rw,size=1024k
40 26 0:30 / /srv rw,relatime - tmpfs first rw
41 40 0:31 / /srv/x rw,relatime - tmpfs hidden rw
42 40 0:32 / /srv rw,relatime - tmpfs second rw
50 26 254:0 /var/lib/My\040Data /mnt/data ro,relatime shared:1 - ext4 /dev/vda rw,discard
51 26 254:0 /gone//deleted /mnt/gone rw,relatime - ext4 /dev/vda rw,discard
52 26 0:22 /sub /mnt/sub rw,relatime - tmpfs tmpfs rw,size=24683620k
60 26 0:40 /@home /home rw,relatime - btrfs /dev/vdb rw,subvolid=257,subvol=/@home
61 26 0:40 /@home/ann/pub /mnt/pub rw,relatime - btrfs /dev/vdb rw,subvolid=257,subvol=/@home
62 26 8:1 / /media/usb rw,nosuid,nodev,relatime - vfat /dev/sda1 ro,fmask=0022,errors=remount-ro
`

func TestTable(t *testing.T) {
	table, err := parseTable([]byte(captured))
	if err != nil {
		t.Fatal(err)
	}
	for point, want := range map[string]string{
		"/":          "/dev/vda ext4 rw,relatime,discard",
		"/dev/shm":   "tmpfs tmpfs rw,nosuid,nodev,relatime,size=1024k",
		"/srv":       "second tmpfs rw,relatime",
		"/srv/x":     "", // hidden
		"/mnt":       "",
		"/mnt/data":  `/var/lib/My\040Data none bind,ro,relatime`,
		"/mnt/sub":   "tmpfs tmpfs rw,relatime,size=24683620k", // of what another mount hides
		"/home":      "/dev/vdb btrfs rw,relatime,subvolid=257,subvol=/@home",
		"/mnt/pub":   "/home/ann/pub none bind,rw,relatime",
		"/media/usb": "/dev/sda1 vfat ro,nosuid,nodev,relatime,fmask=0022,errors=remount-ro",
	} {
		got := ""
		if m := table.mounted(point); m != nil {
			got = table.state(m).String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", point, got, want)
		}
	}
	for path, want := range map[string]string{
		"/etc/x": "254:0 /etc/x", "/dev/shm/a": "0:26 /a", "/mnt/data": "254:0 /var/lib/My Data", "/mnt/data/a": "254:0 /var/lib/My Data/a", "/srv/x": "0:32 /x", "/home": "0:40 /@home",
	} {
		if fs, root, ok := table.location(path); !ok || fmt.Sprintf("%d:%d %s", fs.major, fs.minor, root) != want {
			t.Errorf("%s is at %v %s, want %s", path, fs, root, want)
		}
	}
	if got := table.below(table.mounted("/")); len(got) != 9 || got[0] != "/dev" {
		t.Errorf("below the root: %q", got)
	}
}

func TestMissingOptions(t *testing.T) {
	half := fmt.Sprintf("size=%dk", totalMemory()/2/1024)
	for _, tt := range []struct{ typ, flags, super, want, missing string }{
		{"tmpfs", "rw,nosuid,relatime", "rw", "nosuid,rw", ""},
		{"tmpfs", "rw,nosuid,relatime", "rw", "noexec,nodev", "noexec,nodev"},
		{"tmpfs", "rw,relatime", "rw", "exec,suid,dev,async,atime,diratime", ""},
		{"tmpfs", "rw,noexec,noatime", "rw", "exec,atime,strictatime,relatime", "exec,atime,strictatime,relatime"},
		{"tmpfs", "rw", "rw", "strictatime,relatime", "relatime"},
		{"tmpfs", "rw,relatime", "rw", "defaults,nofail,x-a=b,_netdev,noauto,user,shared", ""},
		{"tmpfs", "rw", "rw," + half, "size=50%", ""},
		{"tmpfs", "rw", "rw,size=1024k,mode=755,nr_inodes=10240", "size=1M,mode=0755,nr_inodes=10k", ""},
		{"tmpfs", "rw", "rw,size=1024k,mode=755", "size=1000k,mode=1755,uid=5,gid=0", "size=1000k,mode=1755,uid=5"},
		{"tmpfs", "rw", "rw", "mode=1777,mode=777,uid=0", "mode=777"},
		{"ramfs", "rw", "rw", "mode=0755,uid=0", "uid=0"},
		{"ext4", "rw,relatime", "ro,discard", "rw", "rw"},
		{"ext4", "rw,relatime", "ro,discard", "ro,discard", ""},
		{"ext4", "ro,relatime", "rw", "ro", ""},
		{"btrfs", "rw", "rw,subvol=/@", "subvol=@", ""},
		{"nfs4", "rw", "rw,vers=4.2", "vers=4", "vers=4"},
		{"tmpfs", "rw", "rw,size=1024k", "size=99999999999999999999,nr_inodes=x", "size=99999999999999999999,nr_inodes=x"},
	} {
		m := &mountinfo.Info{FSType: tt.typ, Options: tt.flags, VFSOptions: tt.super}
		if got := strings.Join(missing(m, tt.want, false), ","); got != tt.missing {
			t.Errorf("%s of %s %s: %q, want %q", tt.want, tt.flags, tt.super, got, tt.missing)
		}
	}
	m := &mountinfo.Info{FSType: "nfs4", Options: "rw", VFSOptions: "rw,vers=4.2"}
	if got := strings.Join(missing(m, "vers=4,noexec", true), ","); got != "noexec" {
		t.Errorf("on trust only %q is missing", got)
	}
}

// What findmnt --verify prints, captured on Debian 12.
func TestParseVerify(t *testing.T) {
	const printed = `/srv/new
   [E] wrong order: /srv/new specified before /
   [E] unreachable on boot required target: No such file or directory
/mnt
   [W] target specified more than once
   [E] unreachable on boot required source: UUID=nope
/mnt/b
   [W] unreachable source: /dev/zzz: No such file or directory
   [W] cannot detect on-disk filesystem type (No such file or directory)

1 parse error, 8 errors, 9 warnings
`
	got := parseVerify(printed)
	if want := "map[/mnt:cannot write a line for \"/mnt\" into fstab: findmnt --verify finds: unreachable on boot required source: UUID=nope]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
}

func FuzzTable(f *testing.F) {
	f.Add(captured, "/dev/shm")
	f.Add("1 2 0:1 / / rw - a b rw\n2 1 0:2 / /x rw - a b rw\n", "/x/y")
	f.Fuzz(func(t *testing.T, text, point string) {
		table, err := parseTable([]byte(text))
		if err != nil || !strings.HasPrefix(point, "/") {
			return
		}
		if m := table.mounted(point); m != nil {
			table.state(m)
			table.below(m)
			missing(m, "ro,size=1k", false)
		}
		parseVerify(text)
	})
}
