{{- define "analytics.name" -}}
{{ printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "analytics.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "analytics.labels" -}}
{{ include "analytics.selector" . }}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "analytics.image" -}}
{{- $image := (index .root.Values .component).image -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository ($image.tag | default .root.Chart.AppVersion) }}
{{- end -}}
{{- end -}}

{{/* The name of the Secret whose keys become environment variables; empty if there is none. */}}
{{- define "analytics.secretName" -}}
{{- $secret := (index .root.Values .component).secret -}}
{{- if $secret.existing -}}
{{ $secret.existing }}
{{- else if or $secret.external.store (and .root.Values.demo.enabled (eq .component "app")) -}}
{{ include "analytics.name" . }}
{{- end -}}
{{- end -}}

{{/* Changes if the Secret's content changes. The content is only known if Helm is connected to the cluster. */}}
{{- define "analytics.secretChecksum" -}}
{{- $current := dict -}}
{{- with include "analytics.secretName" . -}}
{{- $current = lookup "v1" "Secret" $.root.Release.Namespace . | default dict -}}
{{- end -}}
{{ toJson (list (index .root.Values .component).secret ($current.data | default dict)) | sha256sum }}
{{- end -}}

{{/* Environment variables derived from other values; settings with the same name override them. */}}
{{- define "analytics.settings" -}}
{{- $api := include "analytics.name" (dict "root" .root "component" "api") -}}
{{- $made := ternary (dict "ANALYTICS_ENV" "local") dict .root.Values.demo.enabled -}}
{{- if eq .component "app" -}}
{{- $_ := set $made "ANALYTICS_API_URL" (printf "http://%s:%v" $api .root.Values.api.port) -}}
{{- $_ := set $made "PORT" (toString .root.Values.app.port) -}}
{{- end -}}
{{- toYaml (merge (dict) (index .root.Values .component).settings $made) -}}
{{- end -}}

{{- define "analytics.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: ["ALL"]
{{- end -}}

{{- define "analytics.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The findings of checkov that don't apply, with the reasons. */}}
{{- define "analytics.justifications" -}}
checkov.io/skip1: CKV_K8S_11=A limit of CPU would throttle requests; requests of CPU and the autoscaler share the nodes.
checkov.io/skip2: CKV_K8S_15=A digest or a tag is never reused for another image; the schema rejects the tag latest.
checkov.io/skip3: CKV_K8S_35=The programs read all settings from the environment, and a process can also read its own files.
checkov.io/skip4: CKV_K8S_43=The examples for production have digests; a demo uses images that were built on the machine.
{{- end -}}
