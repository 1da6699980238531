# A router forwards what is for others.
kernel = {
  "net.ipv4.ip_forward"                = "1"
  "net.ipv4.conf.all.log_martians" = null
}
