umask   = "027"
modules = ["cramfs", "freevxfs", "hfs", "hfsplus", "jffs2", "udf", "dccp", "sctp", "rds", "tipc"]

kernel = {
  "fs.protected_hardlinks"                     = "1"
  "fs.protected_symlinks"                      = "1"
  "fs.suid_dumpable"                           = "0"
  "kernel.kptr_restrict"                       = "2"
  "kernel.randomize_va_space"                  = "2"
  "kernel.sysrq"                               = "0"
  "kernel.yama.ptrace_scope"                   = "1"
  "net.ipv4.conf.all.accept_redirects"         = "0"
  "net.ipv4.conf.all.accept_source_route"      = "0"
  "net.ipv4.conf.all.log_martians"             = "1"
  "net.ipv4.conf.all.rp_filter"                = "1"
  "net.ipv4.conf.all.send_redirects"           = "0"
  "net.ipv4.conf.default.accept_redirects"     = "0"
  "net.ipv4.conf.default.accept_source_route"  = "0"
  "net.ipv4.icmp_echo_ignore_broadcasts"       = "1"
  "net.ipv4.icmp_ignore_bogus_error_responses" = "1"
  "net.ipv4.ip_forward"                        = "0"
  "net.ipv4.tcp_syncookies"                    = "1"
  "net.ipv6.conf.all.accept_ra"                = "0"
  "net.ipv6.conf.all.accept_redirects"         = "0"
}

login = {
  PASS_MAX_DAYS      = "60"
  PASS_MIN_DAYS      = "7"
  PASS_WARN_AGE      = "7"
  UMASK              = "027"
  LOGIN_RETRIES      = "5"
  LOGIN_TIMEOUT      = "60"
  SHA_CRYPT_MIN_ROUNDS = "65536"
}

mounts = {
  "/dev/shm" = { type = "tmpfs", device = "tmpfs", options = ["nosuid", "nodev", "noexec"] }
}
