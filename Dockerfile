# docker build -t tradetui .        docker run -it tradetui        docker run tradetui --headless backtest --json
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/tradetui \
    && /opt/tradetui/bin/pip install --no-cache-dir --constraint requirements.lock .

FROM python:3.11-slim
COPY --from=build /opt/tradetui /opt/tradetui
RUN useradd --create-home trader
USER trader
WORKDIR /home/trader
ENV PATH=/opt/tradetui/bin:$PATH TERM=xterm-256color COLORTERM=truecolor PYTHONUNBUFFERED=1
ENTRYPOINT ["tradetui"]
