package examples

import (
	"context"
	"strings"
	"testing"

	"converge/internal/testhost"
)

// role is a life of one of the manifests in roles/: applied, applied again, one
// thing changed, one thing dropped and pruned, and that taken back.
type role struct {
	name    string
	image   string // "": base
	prepare func(t *testing.T, h host)
	common  []string // arguments of all runs
	first   []string // arguments of the first run
	made    []probe  // what holds after it

	change   []string // arguments of the second run
	notified []string
	changed  []probe

	drop    []string // arguments of the third run, with --prune
	dropped []probe
}

// probe is a command in the host, and a part of its output; "!" before a part:
// not in it.
type probe struct{ command, part string }

func (p probe) require(t *testing.T, h host) {
	t.Helper()
	r, err := h.Exec(context.Background(), "bash", "-c", p.command)
	if err != nil {
		t.Fatal(err)
	}
	part, not := strings.CutPrefix(p.part, "!")
	if strings.Contains(r.Stdout+r.Stderr, part) == not {
		t.Errorf("%s\nprints\n%s%swant %q", p.command, r.Stdout, r.Stderr, p.part)
	}
}

// snapshot is every file below /etc with its mode, its owner and its content, less
// those that programs rewrite whenever they like.
const snapshot = `cd /etc && all() { find . -xdev \( -name '*-' -o -name ld.so.cache -o -name .pwd.lock \) -prune -o "$@"; } &&
	all -printf '%p %M %u:%g %l\n' | sort && all -type f -exec sha256sum {} + | sort -k 2`

func (r role) live(t *testing.T) {
	t.Parallel()
	image := r.image
	if image == "" {
		image = "base"
	}
	h := start(t, image)
	if r.prepare != nil {
		r.prepare(t, h)
	}
	site := "/srv/examples/roles/" + r.name
	args := func(more []string) []string {
		return append(append(append([]string{}, r.common...), more...), site)
	}
	require := func(probes []probe) {
		t.Helper()
		for _, p := range probes {
			p.require(t, h)
		}
	}

	h.converges(t, args(r.first)...)
	require(r.made)

	expect(t, "one thing changed", h.converges(t, args(r.change)...), r.notified)
	require(r.changed)
	before := h.MustExec(t, "bash", "-c", snapshot)

	h.converges(t, append([]string{"--prune"}, args(r.drop)...)...)
	require(r.dropped)
	if before == h.MustExec(t, "bash", "-c", snapshot) {
		t.Error("what was dropped left no difference below /etc")
	}

	h.MustExec(t, h.converge, "rollback")
	require(r.changed)
	if now := h.MustExec(t, "bash", "-c", snapshot); now != before {
		t.Errorf("after the rollback /etc was\n%s\nwant\n%s", difference(now, before), difference(before, now))
	}
	h.isConverged(t, args(r.change)...)
}

// difference is the lines of a that b lacks.
func difference(a, b string) string {
	has := map[string]bool{}
	for line := range strings.Lines(b) {
		has[line] = true
	}
	var only strings.Builder
	for line := range strings.Lines(a) {
		if !has[line] {
			only.WriteString(line)
		}
	}
	return only.String()
}

// key puts the key of the test repository where manifests look for one, and leaves
// the repository itself to them.
func key(name string) func(*testing.T, host) {
	return func(t *testing.T, h host) {
		h.MustExec(t, "sh", "-c", "rm /etc/apt/sources.list.d/*; rm -rf /var/lib/apt/lists/*")
		h.MustExec(t, "install", "-D", "-m", "644", "/srv/repo/repo.asc", "/etc/converge/"+name+".asc")
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	testhost.Require(t)
	for _, r := range []role{nginx(), ntp(), docker(), postgresql(), kubernetes(), hardening(), haproxy(), redis()} {
		t.Run(r.name, r.live)
	}
}

func get(port, path string) string {
	return `exec 3<>/dev/tcp/127.0.0.1/` + port + `; printf 'GET ` + path + ` HTTP/1.0\r\nHost: example\r\n\r\n' >&3; cat <&3`
}

func nginx() role {
	two := `vhosts={main={names=["_"],listen="8080",root="/srv/www/main"},app={names=["app.example"],listen="8081",upstream="app"}}`
	upstreams := `upstreams={app={servers=["127.0.0.1:8080"],strategy="least_conn"}}`
	return role{
		name:     "nginx",
		first:    nil,
		made:     []probe{{"nginx -T 2>/dev/null", "server_tokens off"}, {get("8080", "/"), "403"}, {"ls /etc/nginx/sites-enabled", "!default"}},
		change:   []string{"--var", two, "--var", upstreams},
		notified: []string{"service.nginx reload"},
		changed:  []probe{{"nginx -T 2>/dev/null", "least_conn"}, {get("8081", "/"), "403"}},
		drop:     []string{"--var", upstreams},
		dropped:  []probe{{"ls /etc/nginx/sites-enabled", "!app.conf"}},
	}
}

func ntp() role {
	// A test host may not set the clock: chronyd serves its time as it is.
	contained := []string{"--var", "options=-x -F 0", "--var", "sets_clock=false"}
	return role{
		name:     "ntp",
		common:   contained,
		made:     []probe{{"cat /etc/chrony/chrony.conf", "server 1.pool.ntp.org iburst"}, {"systemctl is-enabled systemd-timesyncd 2>&1", "masked"}},
		change:   []string{"--var", `servers={"time.example"="iburst prefer"}`, "--var", "timezone=Europe/Berlin", "--var", `clients={lan="192.0.2.0/24"}`},
		notified: []string{"service.chrony restart"},
		changed:  []probe{{"readlink /etc/localtime", "Europe/Berlin"}, {"chronyc accheck 192.0.2.1", "208 Access allowed"}},
		drop:     []string{"--var", `servers={"time.example"="iburst prefer"}`, "--var", "timezone=Europe/Berlin"},
		dropped:  []probe{{"ls /etc/chrony/conf.d", "!lan.conf"}, {"chronyc accheck 192.0.2.1", "209 Access denied"}},
	}
}

func docker() role {
	return role{
		name:    "docker",
		prepare: key("docker"),
		common:  []string{"--var", `repository={url="file:/srv/repo",suite="stable",component="main",key="/etc/converge/docker.asc"}`},
		made: []probe{
			{"cat /run/dockerd.state", `"log-driver": "journald"`}, {"cat /run/dockerd.state", "--containerd=/run/containerd/containerd.sock"},
			{"dpkg-query -W docker-ce", "28.0"},
		},
		change:   []string{"--var", `daemon_options={"log-driver"="local","live-restore"=true,"data-root"="/srv/docker"}`, "--var", `users=["www-data"]`},
		notified: []string{"service.docker restart"},
		changed:  []probe{{"cat /run/dockerd.state", `"data-root": "/srv/docker"`}, {"id -nG www-data", "docker"}},
		drop:     []string{"--var", `daemon_options={"log-driver"="local","live-restore"=true}`, "--var", `users=["www-data"]`},
		dropped:  []probe{{"cat /etc/docker/daemon.json", "!data-root"}, {"cat /run/dockerd.state", "!data-root"}},
	}
}

// password puts a password where a manifest reads it.
func password(name, text string) func(*testing.T, host) {
	return func(t *testing.T, h host) {
		file := "/etc/converge/secrets/" + name
		h.MustExec(t, "sh", "-c", `mkdir -p /etc/converge/secrets; printf %s "$1" >"$2"; chmod 600 "$2"`, "sh", text, file)
	}
}

func postgresql() role {
	sql := func(s string) string { return `su postgres -c "psql -tAc \"` + s + `\""` }
	return role{
		name:    "postgresql",
		prepare: password("app", "correct horse"),
		made: []probe{
			{sql("SHOW max_connections"), "100"}, {sql("SELECT datname FROM pg_database"), "app"},
			{`PGPASSWORD='correct horse' psql -h 127.0.0.1 -U app -tAc 'SELECT current_user' app`, "app"},
			{"grep -r 'correct horse' /var/lib/converge", "!correct"},
		},
		change: []string{
			"--var", `settings={listen_addresses="localhost",max_connections="50",shared_buffers="128MB",work_mem="8MB"}`,
		},
		notified: []string{"service.postgresql restart"},
		changed:  []probe{{sql("SHOW max_connections"), "50"}, {sql("SHOW work_mem"), "8MB"}},
		drop:     []string{"--var", `settings={listen_addresses="localhost",max_connections="50",shared_buffers="128MB"}`},
		dropped:  []probe{{sql("SHOW work_mem"), "4MB"}, {"cat /etc/postgresql/15/main/postgresql.conf", "#work_mem = 4MB"}},
	}
}

func kubernetes() role {
	arguments := `kubelet_arguments=["--node-ip=127.0.0.1","--v=2"]`
	return role{
		name:    "kubernetes",
		prepare: key("kubernetes"),
		common: []string{
			"--var", `repository={url="file:/srv/repo",suites=["stable"],components=["main"],key="/etc/converge/kubernetes.asc"}`,
			"--var", "live=false", // modules are loaded by the host of a container
		},
		made: []probe{
			{"cat /run/containerd.state", "SystemdCgroup = true"}, {"cat /run/containerd.state", `disabled_plugins = []`}, {"cat /run/kubelet.state", "cgroupDriver: systemd"},
			{"apt-mark showhold", "kubelet"}, {"cat /etc/modules-load.d/*", "br_netfilter"}, {"readlink -f /root/.kube/config", "/etc/kubernetes/admin.conf"},
			{"dpkg-query -W kubelet", "1.31"},
		},
		change:   []string{"--var", arguments, "--var", `modules=["ip_vs"]`},
		notified: []string{"service.kubelet restart"},
		changed:  []probe{{"cat /run/kubelet.state", "--v=2"}, {"cat /etc/modules-load.d/*", "ip_vs"}},
		drop:     []string{"--var", arguments},
		dropped:  []probe{{"cat /etc/modules-load.d/*", "!ip_vs"}},
	}
}

func hardening() role {
	return role{
		name:   "hardening",
		image:  "full",
		common: []string{"--var", "live=false"}, // a container has not all rights over the kernel
		made: []probe{
			{"cat /etc/sysctl.d/90-hardening.conf", "kernel.sysrq = 0"}, {"findmnt -no OPTIONS /dev/shm", "noexec"}, {"grep ^PASS_MAX_DAYS /etc/login.defs", "60"},
			{"cat /etc/pam.d/common-auth", "pam_faillock.so preauth"}, {"cat /etc/pam.d/su", "\nauth       required   pam_wheel.so"}, {"stat -c %a /etc/cron.daily", "700"},
			{"cat /etc/modprobe.d/*", "install cramfs /bin/false"}, {"systemctl is-enabled ctrl-alt-del.target 2>&1", "masked"}, {"visudo -c", "parsed OK"},
		},
		change:  []string{"--var", `umask=077`, "--var", `modules=["cramfs"]`},
		changed: []probe{{"cat /etc/profile.d/umask.sh", "umask 077"}, {"cat /etc/modprobe.d/*", "install cramfs /bin/false"}},
		drop:    []string{"--var", `umask=077`, "--var", `modules=[]`, "--var", `mounts={}`},
		dropped: []probe{{"cat /etc/modprobe.d/*", "!install cramfs"}, {"findmnt -no OPTIONS /dev/shm", "!noexec"}},
	}
}

func haproxy() role {
	three := `servers={app1="127.0.0.1:9001",app2="127.0.0.1:9002",app3="127.0.0.1:9003"}`
	return role{
		name:     "haproxy",
		made:     []probe{{"cat /etc/haproxy/haproxy.cfg", "server app1 127.0.0.1:9001 check"}, {get("8000", "/"), "503"}, {"cat /etc/default/haproxy", "ENABLED=1"}},
		change:   []string{"--var", three, "--var", `error_pages={"503"="come back later"}`},
		notified: []string{"service.haproxy reload"},
		changed:  []probe{{"cat /etc/haproxy/haproxy.cfg", "app3"}, {get("8000", "/"), "come back later"}},
		drop:     []string{"--var", three},
		dropped:  []probe{{"ls /etc/haproxy/errors", "!own-503"}, {get("8000", "/"), "!come back later"}},
	}
}

func redis() role {
	const secret = `correct "horse" #9\`
	ask := func(command string) string { return `redis-cli --no-auth-warning -a '` + secret + `' ` + command }
	three := []string{"--var", `disabled_commands=["FLUSHALL","DEBUG","KEYS"]`}
	return role{
		name:    "redis",
		prepare: password("redis", secret),
		common:  []string{"--var", "live=false"}, // a container has not all rights over the kernel
		made: []probe{
			{ask("config get timeout"), "300"}, {ask("config get save"), "900 1 300 10 60 10000"}, {ask("flushall"), "unknown command"},
			{"redis-cli ping", "NOAUTH"}, {"systemctl show -p LimitNOFILE redis-server", "65536"}, {"cat /etc/logrotate.d/redis-server", "rotate 30"},
			{"cat /etc/sysctl.d/60-converge.conf", "vm.overcommit_memory = 1"}, {"systemctl is-enabled disable-hugepages", "enabled"},
			{"grep -r correct /var/lib/converge", "!correct"},
		},
		change:   append(three, "--var", `settings={port="6400",maxmemory="64mb",unixsocket="/run/redis/redis.sock"}`),
		notified: []string{"service.redis-server restart"},
		changed:  []probe{{ask("-s /run/redis/redis.sock config get maxmemory"), "67108864"}, {ask("-p 6400 keys '*'"), "unknown command"}},
		drop:     []string{"--var", `settings={port="6400",maxmemory="64mb"}`},
		dropped:  []probe{{"ls /run/redis", "!redis.sock"}, {ask("-p 6400 keys '*'"), "!unknown command"}},
	}
}
