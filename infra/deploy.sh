#!/usr/bin/env bash
# Deploys infra/template.yaml, or brings what is deployed up to date. Run it again whenever it was interrupted.
#
#     infra/deploy.sh <stack> [Parameter=Value …]
#
# Parameters that are left out keep the values they have. Region and credentials are the AWS command line's. The code is
# $CODE (default: what `make lambda` built) and, for the copilot behind the WebSocket API, $COPILOT_CODE (default: the
# example that `PRODUCT=example-copilot Scripts/build-lambda.sh` built). It goes to $CODE_BUCKET, which is made when it is
# missing (default: copilot-analytics-code-<account>-<region>).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

code=${CODE:-.build/lambda/bootstrap.zip}
copilot_code=${COPILOT_CODE:-.build/lambda/example-copilot.zip}
# Without the WebSocket API nobody runs it, but the template names it.
if [ -z "${COPILOT_CODE:-}" ] && [ ! -f "$copilot_code" ]; then copilot_code=$code; fi
page=Sources/AnalyticsServer/Dashboard
work=

fail() {
    printf 'deploy: %s\n' "$*" >&2
    exit 1
}
say() { printf 'deploy: %s\n' "$*" >&2; }
clean_up() { [ -z "$work" ] || rm -rf "$work"; }
trap clean_up EXIT

if [ $# -eq 0 ]; then fail "usage: infra/deploy.sh <stack> [Parameter=Value …]"; fi
stack=$1
shift
for parameter; do
    case $parameter in
    *=*) ;;
    *) fail "\"$parameter\" is no Parameter=Value; the parameters are in infra/template.yaml" ;;
    esac
done
command -v aws >/dev/null 2>&1 || fail "the AWS command line is missing: https://aws.amazon.com/cli/"
# Version 1 of it knows only the second of these.
if [ -n "${AWS_REGION:-}" ]; then export AWS_DEFAULT_REGION=$AWS_REGION; fi
for file in "$code" "$copilot_code"; do
    [ -f "$file" ] || fail "there is no $file: run \`make lambda\` first"
done

# What the stack is at; NONE when there is none.
status() {
    local answer
    if answer=$(aws cloudformation describe-stacks --stack-name "$stack" \
        --query 'Stacks[0].StackStatus' --output text 2>&1); then
        printf '%s\n' "$answer"
    else
        case $answer in
        *"does not exist"*) echo NONE ;;
        *) fail "$answer" ;;
        esac
    fi
}

# Whoever was interrupted left CloudFormation working, or a first deployment that came to nothing: only after that can
# anything be deployed.
settle() {
    local now said=
    while true; do
        now=$(status)
        case $now in
        NONE | REVIEW_IN_PROGRESS) return ;;
        *_IN_PROGRESS)
            [ -n "$said" ] || say "$stack is $now; waiting for it"
            said=yes
            sleep 2
            ;;
        ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED | DELETE_FAILED)
            say "$stack is $now; removing what is left of it"
            aws cloudformation delete-stack --stack-name "$stack"
            aws cloudformation wait stack-delete-complete --stack-name "$stack"
            ;;
        UPDATE_ROLLBACK_FAILED)
            aws cloudformation continue-update-rollback --stack-name "$stack"
            aws cloudformation wait stack-rollback-complete --stack-name "$stack"
            ;;
        *) return ;;
        esac
    done
}

output() {
    aws cloudformation describe-stacks --stack-name "$stack" \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue | [0]" --output text
}

if [ -z "${CODE_BUCKET:-}" ]; then
    account=$(aws sts get-caller-identity --query Account --output text)
    region=${AWS_DEFAULT_REGION:-$(aws configure get region || true)}
    [ -n "$region" ] || fail "set AWS_REGION"
    CODE_BUCKET=copilot-analytics-code-$account-$region
fi
if ! aws s3api head-bucket --bucket "$CODE_BUCKET" >/dev/null 2>&1; then
    say "making the bucket $CODE_BUCKET for code"
    aws s3 mb "s3://$CODE_BUCKET" >/dev/null
fi

settle
work=$(mktemp -d)
packaged=$work/packaged.yaml
sed -e "s|\.\./\.build/lambda/bootstrap\.zip|$(realpath "$code")|" \
    -e "s|\.\./\.build/lambda/example-copilot\.zip|$(realpath "$copilot_code")|" \
    infra/template.yaml >"$work/template.yaml"
aws cloudformation package --template-file "$work/template.yaml" --s3-bucket "$CODE_BUCKET" \
    --output-template-file "$packaged" >/dev/null
overrides=()
if [ $# -gt 0 ]; then overrides=(--parameter-overrides "$@"); fi
aws cloudformation deploy --template-file "$packaged" --s3-bucket "$CODE_BUCKET" --stack-name "$stack" \
    --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset "${overrides[@]}" >&2

bucket=$(output PageBucket)
if [ "$bucket" != None ]; then
    aws s3 sync "$page" "s3://$bucket/copilot-analytics" --delete --only-show-errors
fi
aws cloudformation describe-stacks --stack-name "$stack" --output text \
    --query 'sort_by(Stacks[0].Outputs, &OutputKey)[].[OutputKey, OutputValue]'
